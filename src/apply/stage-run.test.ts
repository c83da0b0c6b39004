import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { apiError, FakeServer } from '../../test/support/fake-client.ts';
import { KUSTOMIZE_GROUP } from '../crds/meta/names.ts';
import type { KubeObject } from '../kube/object.ts';
import { Applier } from './applier.ts';
import { ApplyError } from './apply-error.ts';
import { changeLog } from './change-set.ts';
import type { Entry } from './inventory.ts';
import { prepareObjects } from './prepare.ts';

const owner = { name: 'app', namespace: 'flux' };

function object(kind: string, name: string, fields: object = {}): KubeObject {
  const apiVersion = kind === 'Deployment' ? 'apps/v1' : 'v1';
  return { apiVersion, kind, metadata: { name, namespace: 'ns' }, ...fields };
}

const app = [object('Deployment', 'web'), object('ConfigMap', 'cm'), object('Secret', 's'), object('Service', 'svc')];

function setup(inventory: readonly Entry[] = []) {
  const server = new FakeServer();
  const told: Entry[] = [];
  const undone: Entry[] = [];
  const applier = new Applier({
    client: server.client(),
    fieldManager: 'kustomize-controller',
    ownerGroup: KUSTOMIZE_GROUP,
    concurrency: 1,
  });
  const apply = async (objects: readonly KubeObject[]): Promise<string> => {
    const { entries } = await applier.applyAll(prepareObjects(objects, { ownerGroup: KUSTOMIZE_GROUP, owner }), {
      signal: AbortSignal.timeout(10_000),
      direct: { owner, inventory, undone: (entries) => void undone.push(...entries) },
      beforeStage: async (entries) => void told.push(...entries),
    });
    return changeLog(entries);
  };
  return { server, told, undone, apply };
}

test('creates what is passive, then the one that is not, without a dry run', async () => {
  const { server, apply, told } = setup();
  const log = await apply(app);
  assert.deepEqual(server.taken(), [
    'apply ConfigMap/cm',
    'apply Secret/s',
    'apply Service/svc',
    'apply Deployment/web',
  ]);
  assert.equal(log.split('\n').length, 4);
  assert.equal(told.length, 4);
});

test('of several active ones, all but the first are dry-run before anything is written', async () => {
  const { server, apply } = setup();
  await apply([object('Pod', 'a'), object('Pod', 'b'), object('Deployment', 'web'), object('ConfigMap', 'cm')]);
  assert.deepEqual(server.taken(), [
    'dry-run Pod/a',
    'dry-run Pod/b',
    'apply ConfigMap/cm',
    'apply Deployment/web',
    'apply Pod/a',
    'apply Pod/b',
  ]);
});

test('what the inventory names is there most likely, and is looked at first', async () => {
  const { server, apply } = setup([{ id: 'ns_cm__ConfigMap', v: 'v1' }]);
  await apply([object('ConfigMap', 'cm'), object('Secret', 's')]);
  assert.deepEqual(server.taken(), ['dry-run ConfigMap/cm', 'apply Secret/s', 'apply ConfigMap/cm']);
});

test('an object that exists is not touched unseen', async () => {
  const { server, apply } = setup();
  const annotations = { [`${KUSTOMIZE_GROUP}/reconcile`]: 'disabled' };
  server.edit(
    { ...object('ConfigMap', 'cm', { data: { a: 'theirs' } }), metadata: { name: 'cm', namespace: 'ns', annotations } },
    'x',
  );
  assert.match(await apply([object('ConfigMap', 'cm', { data: { a: 'ours' } })]), /skipped/);
  assert.deepEqual(server.taken(), ['apply ConfigMap/cm', 'dry-run ConfigMap/cm', 'get ConfigMap/cm']);
  assert.deepEqual(server.find('ConfigMap', 'cm')?.['data'], { a: 'theirs' });
  assert.deepEqual(server.find('ConfigMap', 'cm')?.metadata.labels, undefined);
});

test('an object that exists is adopted by the rules, kubectl tidied', async () => {
  const { server, apply } = setup();
  server.edit(object('ConfigMap', 'cm', { data: { a: 'theirs', more: 'x' } }), 'kubectl-create');
  assert.match(await apply([object('ConfigMap', 'cm', { data: { a: 'ours' } })]), /configured/);
  assert.deepEqual(server.find('ConfigMap', 'cm')?.['data'], { a: 'ours' });
  assert.deepEqual(
    server.find('ConfigMap', 'cm')?.metadata.managedFields?.map(({ manager }) => manager),
    ['kustomize-controller'],
  );
});

for (const refused of ['ConfigMap', 'Secret', 'Service', 'Deployment']) {
  test(`a refused ${refused} keeps all of the stage out, and its dry run tells why`, async () => {
    const { server, apply, told, undone } = setup();
    server.answer = ({ verb, kind }) =>
      kind === refused && (verb === 'apply' || verb === 'dry-run')
        ? apiError(422, 'Invalid', `bad, by ${verb}`)
        : undefined;
    await assert.rejects(apply(app), (error) => error instanceof ApplyError && /bad, by dry-run/.test(error.message));
    assert.equal(server.objects.size, 0);
    assert.deepEqual(undone.map(({ id }) => id).toSorted(), told.map(({ id }) => id).toSorted());
  });
}

test('whoever takes over what was created keeps it', async () => {
  const { server, apply, undone } = setup();
  server.answer = ({ verb, kind }) => {
    if (kind !== 'Deployment' || verb === 'get') return undefined;
    if (verb === 'apply')
      server.edit(
        {
          ...object('Secret', 's'),
          metadata: { name: 's', namespace: 'ns', labels: { [`${KUSTOMIZE_GROUP}/name`]: 'other' } },
        },
        'x',
      );
    return apiError(403, 'Forbidden', 'no');
  };
  await assert.rejects(apply(app), ApplyError);
  assert.deepEqual(
    [...server.objects.values()].map(({ kind }) => kind),
    ['Secret'],
  );
  assert.ok(!undone.some(({ id }) => id.includes('Secret')), 'the inventory keeps what is still there');
});

test('whatever is refused, the same objects exist as with dry runs alone', async () => {
  const kinds = ['ConfigMap', 'Secret', 'Service', 'Pod', 'Deployment'];
  const items = fc.uniqueArray(fc.tuple(fc.constantFrom(...kinds), fc.integer({ min: 0, max: 3 })), {
    selector: ([kind, n]) => `${kind}/${n}`,
    minLength: 1,
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(
      items,
      fc.array(fc.nat(7), { maxLength: 3 }),
      fc.array(fc.nat(7), { maxLength: 4 }),
      async (all, bad, old) => {
        const objects = all.map(([kind, n]) => object(kind, `x${n}`, { data: { a: '1' } }));
        const isBad = new Set(bad.map((i) => objects[i % objects.length]).map((o) => `${o?.kind}/${o?.metadata.name}`));
        const there = old.map((i) => objects[i % objects.length]).filter((o) => o !== undefined);
        const outcomes = [];
        for (const direct of [true, false]) {
          const { server, apply } = setup(
            direct
              ? []
              : objects.map((o) => ({
                  id: `ns_${o.metadata.name}_${o.kind === 'Deployment' ? 'apps' : ''}_${o.kind}`,
                  v: 'v1',
                })),
          );
          for (const o of there) server.edit({ ...o, data: { a: 'theirs' } } as KubeObject, 'someone');
          server.answer = ({ verb, kind, name }) =>
            isBad.has(`${kind}/${name}`) && (verb === 'apply' || verb === 'dry-run')
              ? apiError(422, 'Invalid', 'bad')
              : undefined;
          const failed = await apply(objects).then(
            () => false,
            () => true,
          );
          outcomes.push([
            failed,
            [...server.objects.values()]
              .map((o) => `${o.kind}/${o.metadata.name} ${JSON.stringify(o['data'])}`)
              .toSorted(),
          ]);
        }
        // Dry runs alone write the first object without one too, when it is new to the inventory: here none is.
        assert.deepEqual(outcomes[0], outcomes[1]);
      },
    ),
    { seed: 3, numRuns: 150 },
  );
});
