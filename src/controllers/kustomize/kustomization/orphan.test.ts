import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { ApiError, TransportError } from '../../../kube/errors.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { KustomizationDeps } from './deps.ts';
import { ORPHAN_AFTER } from './extensions.ts';
import { accountMissing, causeOf, mayOrphan, Orphans, orphanAfterMs } from './orphan.ts';

function kustomization(annotation: string | undefined, { remote = false, uid = 'u1' } = {}): Kustomization {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: {
      name: 'app',
      namespace: 'team',
      uid,
      ...(annotation === undefined ? {} : { annotations: { [ORPHAN_AFTER]: annotation } }),
    },
    spec: {
      interval: '10m',
      prune: true,
      force: false,
      sourceRef: { kind: 'GitRepository', name: 'repo' },
      ...(remote ? { kubeConfig: { secretRef: { name: 'there' } } } : {}),
    },
    status: { inventory: { entries: [{ id: 'team_a__ConfigMap', v: 'v1' }] } },
  };
}

function setup(byDefault?: number) {
  const clock = new ManualClock();
  const woken: string[] = [];
  const events: string[] = [];
  const orphans = new Orphans({ clock, wake: ({ name }) => void woken.push(name) });
  const deps = { orphans, orphanAfterMs: byDefault } as unknown as KustomizationDeps;
  const attempt = {
    signal: new AbortController().signal,
    log: { error: () => undefined },
    event: ({ message }: { message: string }) => void events.push(message),
  } as unknown as AttemptContext;
  return {
    clock,
    woken,
    events,
    may: (object: Kustomization, error: unknown) => mayOrphan(object, error, attempt, deps),
  };
}

const forbidden = new ApiError({ status: 403, reason: 'Forbidden', message: 'configmaps is forbidden' });
const query = { entry: { id: 'team_a__ConfigMap', v: 'v1' }, error: forbidden, step: 'query', message: '' } as const;
const pruneFailed = (object: Kustomization, ...failed: Parameters<typeof causeOf>[0]) =>
  new Fault('retry', 'PruneFailed', 'delete failed', { cause: causeOf(failed, object) });

test('objects are left behind once they were out of reach for the grace time, which is told', () => {
  const { clock, woken, events, may } = setup();
  const object = kustomization('1h');
  const error = pruneFailed(object, query);
  assert.equal(may(object, error), false);
  clock.advance(3_599_000);
  assert.equal(may(object, error), false);
  assert.deepEqual(woken, []);
  clock.advance(1_000);
  assert.deepEqual(woken, ['app']);
  assert.equal(may(object, error), true);
  assert.deepEqual(events, [
    '1 objects are left behind, which could not be reached for 1h0m0s: delete failed\nConfigMap/team/a',
  ]);
});

test('the time begins anew when something else goes wrong, and for another object of the name', () => {
  const { clock, may } = setup();
  const object = kustomization('1h');
  const error = pruneFailed(object, query);
  may(object, error);
  clock.advance(3_600_000);
  assert.equal(may(object, new Error('something else')), false);
  assert.equal(may(object, error), false);
  clock.advance(3_600_000);
  assert.equal(may(kustomization('1h', { uid: 'u2' }), error), false);
});

test('never without being asked to; the annotation goes before the flag', () => {
  const object = kustomization(undefined);
  assert.equal(setup().may(object, accountMissing()), false);
  assert.equal(setup(0).may(object, accountMissing()), true);
  assert.equal(setup(0).may(kustomization('never'), accountMissing()), false);
  assert.equal(setup(0).may(kustomization('nonsense'), accountMissing()), false);
});

const refusedByWebhook = { ...query, step: 'delete' } as const;
const down = new TransportError('connection refused', { code: 'ECONNREFUSED' });
const kinds: readonly { name: string; remote?: boolean; error: (object: Kustomization) => unknown; want: boolean }[] = [
  { name: 'an account that is gone', error: () => accountMissing(), want: true },
  { name: 'an account that may read nothing', error: (object) => pruneFailed(object, query), want: true },
  { name: 'one that may read some', error: (object) => pruneFailed(object, query, refusedByWebhook), want: false },
  { name: 'a webhook that refuses', error: (object) => pruneFailed(object, refusedByWebhook), want: false },
  { name: 'a refusal of the whole cluster', remote: true, error: () => forbidden, want: true },
  { name: 'another cluster that does not answer', remote: true, error: () => down, want: true },
  {
    name: 'another cluster that does not answer to deletions',
    remote: true,
    error: (object) => pruneFailed(object, { ...query, error: down }),
    want: true,
  },
  { name: 'an outage of our own cluster', error: () => down, want: false },
  { name: 'a conflict', error: () => new ApiError({ status: 409, reason: 'Conflict', message: '' }), want: false },
];
for (const { name, remote = false, error, want } of kinds) {
  test(`${name} ${want ? 'counts' : 'does not count'}`, () => {
    const object = kustomization('0s', { remote });
    assert.equal(setup().may(object, error(object)), want);
  });
}

test('an annotation that is no duration is refused', () => {
  for (const text of ['', '1', 'soon', '-1h']) {
    assert.throws(() => orphanAfterMs(kustomization(text), { orphanAfterMs: undefined }), {
      reason: 'InvalidAnnotation',
    });
  }
  assert.equal(orphanAfterMs(kustomization('never'), { orphanAfterMs: 5 }), undefined);
});
