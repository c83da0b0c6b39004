import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiError } from '../../../test/support/fake-client.ts';
import { configMap, LedgerWorld } from '../../../test/support/ledger-world.ts';
import { KUSTOMIZE_GROUP } from '../../crds/meta/names.ts';

const both = [configMap('a'), configMap('b')];

async function applied(): Promise<LedgerWorld> {
  const world = new LedgerWorld();
  await world.apply(both);
  await world.settle();
  world.server.taken();
  assert.deepEqual(world.takeWoken(), []);
  return world;
}

test('a new object costs one request, an unchanged one none', async () => {
  const world = new LedgerWorld();
  assert.equal(await world.apply(both), 'ConfigMap/ns/a created\nConfigMap/ns/b created');
  await world.settle();
  assert.deepEqual(world.server.taken(), ['watch ConfigMap/', 'apply ConfigMap/a', 'apply ConfigMap/b']);
  assert.equal(await world.apply(both), 'intact');
  assert.equal(await world.apply([configMap('a'), configMap('b', { a: '2' })]), 'ConfigMap/ns/b configured');
  assert.deepEqual(world.server.taken(), ['apply ConfigMap/b']);
});

test('several changes cost one dry run for each but the first', async () => {
  const world = await applied();
  await world.apply([configMap('a', { a: '2' }), configMap('b', { a: '2' })]);
  assert.deepEqual(world.server.taken(), ['dry-run ConfigMap/b', 'apply ConfigMap/a', 'apply ConfigMap/b']);
});

test('a refused update changes nothing, and its dry run tells why', async () => {
  const world = await applied();
  world.server.answer = ({ verb, kind }) =>
    kind === 'ConfigMap' && (verb === 'apply' || verb === 'dry-run')
      ? apiError(422, 'Invalid', `bad, by ${verb}`)
      : undefined;
  await assert.rejects(world.apply([configMap('a'), configMap('b', { a: '2' })]), /bad, by dry-run/);
  world.server.answer = () => undefined;
  await world.settle();
  assert.deepEqual(world.takeWoken(), []);
  assert.equal(await world.apply(both), 'intact');
});

test('an update meets exactly the object that is known', async () => {
  const world = await applied();
  // The event of the change is late: the watch still shows what we left.
  world.server.deliver = () => undefined;
  world.server.edit(configMap('b', { a: 'edited', more: 'x' }), 'kubectl-edit');
  world.server.taken();
  assert.equal(await world.apply([configMap('a'), configMap('b', { a: '2' })]), 'ConfigMap/ns/b configured');
  assert.deepEqual(world.server.taken(), [
    'apply ConfigMap/b',
    'dry-run ConfigMap/b',
    'get ConfigMap/b',
    'patch ConfigMap/b',
    'apply ConfigMap/b',
  ]);
  assert.deepEqual(live(world.server, 'b')['data'], { a: '2' });
});

test('a prune meets exactly the object that is known', async () => {
  const world = await applied();
  await world.apply([configMap('b')]);
  assert.deepEqual(world.server.taken(), ['delete ConfigMap/a']);
  world.server.deliver = () => undefined;
  const { metadata } = configMap('b');
  const labels = { [`${KUSTOMIZE_GROUP}/name`]: 'other' };
  world.server.edit({ ...configMap('b'), metadata: { ...metadata, labels } }, 'someone');
  world.server.taken();
  await world.apply([]);
  assert.deepEqual(world.server.taken(), ['delete ConfigMap/b', 'get ConfigMap/b']);
  assert.ok(world.server.find('ConfigMap', 'b'), 'it is of somebody else by now');
});

const interference: readonly {
  readonly name: string;
  readonly act: (world: LedgerWorld) => void;
  readonly corrected: string;
}[] = [
  {
    name: 'another value of a field of ours',
    act: ({ server }) => void server.edit(configMap('a', { a: 'edited' }), 'someone'),
    corrected: 'ConfigMap/ns/a configured',
  },
  {
    name: 'an addition by kubectl, which is taken off',
    act: ({ server }) => void server.edit(configMap('a', { more: 'x' }), 'kubectl-edit'),
    corrected: 'ConfigMap/ns/a configured',
  },
  {
    name: 'a removed label',
    act: ({ server }) => {
      const { metadata } = configMap('a');
      const labels = { [`${KUSTOMIZE_GROUP}/name`]: null } as unknown as Record<string, string>;
      server.edit({ ...configMap('a'), metadata: { ...metadata, labels } }, 'someone');
    },
    corrected: 'ConfigMap/ns/a configured',
  },
  {
    name: 'a deletion',
    act: ({ server }) => server.remove(server.typeOf(configMap('a')), live(server, 'a')),
    corrected: 'ConfigMap/ns/a created',
  },
];

function live(server: LedgerWorld['server'], name: string) {
  const found = server.find('ConfigMap', name);
  assert.ok(found);
  return found;
}

for (const { name, act, corrected } of interference) {
  test(`wakes the owner: ${name}`, async () => {
    const world = await applied();
    act(world);
    await world.settle();
    assert.deepEqual(world.takeWoken(), ['ns/app']);
    assert.equal(world.ledger.isDue('ns/app'), true);
    assert.equal(await world.apply(both), corrected);
    assert.ok(
      world.server.requests.every(({ name: touched, verb }) => touched === 'a' || verb === 'watch'),
      'only the drifted object is looked at',
    );
    await world.settle();
    assert.deepEqual(world.takeWoken(), []);
    assert.equal(await world.apply(both), 'intact');
  });

  test(`is told after a broken connection: ${name}`, async () => {
    const world = await applied();
    world.server.deliver = () => undefined;
    act(world);
    world.server.deliver = queueMicrotask;
    world.server.interrupt();
    await world.settle();
    assert.deepEqual(world.takeWoken(), ['ns/app']);
    assert.equal(await world.apply(both), corrected);
  });
}

const harmless: readonly { readonly name: string; readonly act: (world: LedgerWorld) => void }[] = [
  { name: 'an addition', act: ({ server }) => void server.edit(configMap('a', { more: 'x' }), 'someone') },
  {
    name: 'a status',
    act: ({ server }) => void server.edit({ ...configMap('a'), status: { ready: true } }, 'someone'),
  },
  { name: 'the same value', act: ({ server }) => void server.edit(configMap('a'), 'someone') },
  {
    name: 'objects of nobody',
    act: ({ server }) => void server.edit(configMap('other'), 'someone'),
  },
];

for (const { name, act } of harmless) {
  test(`wakes nobody: ${name}`, async () => {
    const world = await applied();
    act(world);
    await world.settle();
    assert.deepEqual(world.takeWoken(), []);
    assert.equal(await world.apply(both), 'intact');
  });
}

test('our own writes wake nobody, however late their events are', async () => {
  const world = new LedgerWorld();
  const held: (() => void)[] = [];
  world.server.deliver = (event) => void held.push(event);
  await world.apply(both);
  await world.apply([configMap('a', { a: '2' })]);
  await world.settle();
  for (const event of held) event();
  await world.settle();
  assert.deepEqual(world.takeWoken(), []);
});

test('what changes while the owner is worked on is judged afterwards', async () => {
  const world = await applied();
  await world.apply([configMap('a'), configMap('b', { a: '2' })], 'ns/app', () => {
    world.server.edit(configMap('a', { a: 'meanwhile' }), 'someone');
  });
  await world.settle();
  assert.deepEqual(world.takeWoken(), ['ns/app']);
});

test('what has left the source is watched no longer', async () => {
  const world = await applied();
  await world.apply([configMap('b')]);
  await world.settle();
  assert.equal(world.server.find('ConfigMap', 'a'), undefined);
  world.server.edit(configMap('a', { a: 'of somebody else' }), 'someone');
  await world.settle();
  assert.deepEqual(world.takeWoken(), []);
});

test('an object that two owners apply changes hands at their intervals only', async () => {
  const world = await applied();
  assert.equal(await world.apply([configMap('a', { a: 'other' })], 'ns/other'), 'ConfigMap/ns/a configured');
  await world.settle();
  assert.deepEqual(world.takeWoken(), []);
  assert.equal(await world.apply(both), 'ConfigMap/ns/a configured');
  await world.settle();
  assert.deepEqual(world.takeWoken(), []);
});

test('watches end some time after the last object of their kind', async () => {
  const world = await applied();
  assert.equal(world.server.watching, 1);
  world.ledger.forget('ns/app');
  await world.settle(59_000);
  assert.equal(world.server.watching, 1);
  await world.settle(2_000);
  assert.equal(world.server.watching, 0);
});

test('where watching is not allowed everything is looked at, and nobody is woken', async () => {
  const world = new LedgerWorld();
  world.server.answer = ({ verb }) => (verb === 'watch' ? apiError(403, 'Forbidden', 'no') : undefined);
  await world.apply(both);
  await world.settle();
  world.server.taken();
  assert.equal(await world.apply(both), '');
  assert.deepEqual(world.server.taken().toSorted(), [
    'dry-run ConfigMap/a',
    'dry-run ConfigMap/b',
    'get ConfigMap/a',
    'get ConfigMap/b',
  ]);
  // It is tried again in a while.
  world.server.answer = () => undefined;
  await world.settle(10 * 60_000);
  await world.apply(both);
  await world.settle();
  assert.equal(world.server.watching, 1);
  await world.apply(both);
  assert.equal(await world.apply(both), 'intact');
});

test('a kind in many namespaces is watched by one watch', async () => {
  const world = new LedgerWorld();
  const objects = ['n1', 'n2', 'n3', 'n4', 'n5'].map((namespace) => ({
    ...configMap('a'),
    metadata: { name: 'a', namespace },
  }));
  await world.apply(objects.slice(0, 2));
  await world.settle();
  assert.equal(world.server.watching, 2);
  await world.apply(objects);
  await world.settle();
  assert.equal(world.server.watching, 1);
  world.server.edit({ ...configMap('a', { a: 'edited' }), metadata: { name: 'a', namespace: 'n5' } }, 'someone');
  await world.settle();
  assert.deepEqual(world.takeWoken(), ['ns/app']);
});

test('a matching fingerprint is believed for half a day', async () => {
  const world = await applied();
  world.clock.jump(12 * 60 * 60_000 + 1);
  assert.equal(await world.apply(both), '');
  assert.equal(world.server.taken().length, 4);
  assert.equal(await world.apply(both), 'intact');
});

test('the same objects as another identity are looked at', async () => {
  const world = await applied();
  const other = { identity: { cluster: 'other' }, client: world.server.client(), hold: () => ({ release() {} }) };
  using session = world.ledger.open('ns/app', other);
  assert.equal(session.look(world.server.typeOf(configMap('a')), { namespace: 'ns', name: 'a' }), 'blind');
  assert.equal(session.isIntact(JSON.stringify(both)), false);
});

test('what is healthy is so until it changes', async () => {
  const world = await applied();
  const a = live(world.server, 'a');
  const id = 'ns_a__ConfigMap';
  const { resourceVersion = '' } = a.metadata;
  world.ledger.foundHealthy('ns/app', 'rules', id, { resourceVersion, lasting: false });
  assert.equal(world.ledger.healthOf('ns/app', 'rules', id), 'now');
  assert.equal(world.ledger.healthOf('ns/app', 'other rules', id), undefined);
  assert.equal(world.ledger.healthOf('ns/app', 'rules', 'ns_b__ConfigMap'), undefined);
  world.server.edit({ ...configMap('a'), status: { ready: false } }, 'someone');
  await world.settle();
  assert.equal(world.ledger.healthOf('ns/app', 'rules', id), undefined);
  world.ledger.foundHealthy('ns/app', 'rules', id, { resourceVersion, lasting: true });
  assert.equal(world.ledger.healthOf('ns/app', 'rules', id), 'lasting');
});
