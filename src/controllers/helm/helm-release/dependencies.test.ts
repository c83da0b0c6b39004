import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiError, FakeServer, resource } from '../../../../test/support/fake-client.ts';
import { DependencyWatches } from '../../../appliers/dependency-watches.ts';
import { StatusWaiter } from '../../../apply/waiter.ts';
import { type HelmRelease, helmReleaseKind } from '../../../crds/helm/helm-release.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { systemClock } from '../../../lib/clock.ts';
import { Fault } from '../../../runtime/fault.ts';
import { checkDependencies, type DependencyOptions } from './dependencies.ts';

type DependsOn = NonNullable<HelmRelease['spec']['dependsOn']>;

const attempt = { signal: new AbortController().signal };

function helmRelease(
  name: string,
  ready?: 'True' | 'False',
  parts: Partial<HelmRelease> = {},
): HelmRelease & KubeObject {
  return {
    apiVersion: helmReleaseKind.apiVersion,
    kind: helmReleaseKind.kind,
    metadata: { name, namespace: 'apps', uid: name, generation: 2, labels: { tier: 'one' } },
    spec: { interval: '1h' },
    ...(ready === undefined
      ? {}
      : {
          status: {
            observedGeneration: 2,
            conditions: [{ type: 'Ready', status: ready, reason: 'X', message: '', lastTransitionTime: '' }],
          },
        }),
    ...parts,
  };
}

const dependent = (dependsOn: DependsOn): HelmRelease =>
  helmRelease('web', undefined, { spec: { interval: '1h', dependsOn } });

interface Given {
  readonly dependencies?: readonly HelmRelease[];
  readonly options?: Partial<DependencyOptions>;
}

function world({ dependencies = [], options = {} }: Given = {}) {
  const server = new FakeServer();
  server.types = [...server.types, resource(helmReleaseKind.apiVersion, 'HelmRelease')];
  const woken = Promise.withResolvers<string>();
  const watches = new DependencyWatches();
  const deps: Parameters<typeof checkDependencies>[2] = {
    client: server.client(),
    waiter: new StatusWaiter({ clock: systemClock }),
    dependencyWatches: watches,
    requeueDependencyMs: 30_000,
    wake: ({ name }) => woken.resolve(name),
    dependencies: {
      lookup: ({ namespace, name }) =>
        dependencies.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace),
      seesAll: true,
      noCrossNamespaceRefs: false,
      additiveCel: false,
      ...options,
    },
  };
  return { server, deps, woken: woken.promise, watches };
}

describe('checkDependencies', () => {
  const ready = helmRelease('db', 'True');
  const old = helmRelease('db', 'True', { metadata: { ...ready.metadata, generation: 3 } });
  const byLabel = (value: string): DependsOn => [
    {
      name: 'db',
      readyExpr: `dep.metadata.labels.tier == self.metadata.labels.tier && dep.metadata.labels.tier == '${value}'`,
    },
  ];
  const notReady = "waiting DependencyNotReady: dependency 'apps/db' is not ready";
  const cases: readonly (readonly [string, DependsOn, Given, string | undefined])[] = [
    ['nothing to depend on', [], {}, undefined],
    ['one that is ready', [{ name: 'db' }], { dependencies: [ready] }, undefined],
    ['one that has failed', [{ name: 'db' }], { dependencies: [helmRelease('db', 'False')] }, notReady],
    ['one that nobody has looked at', [{ name: 'db' }], { dependencies: [helmRelease('db')] }, notReady],
    ['one that was ready for an older spec', [{ name: 'db' }], { dependencies: [old] }, notReady],
    ['the first of several', [{ name: 'db' }, { name: 'gone' }], { dependencies: [old] }, notReady],
    [
      'one that is not there',
      [{ name: 'db' }],
      {},
      'waiting DependencyNotReady: unable to get \'apps/db\' dependency: helmreleases.helm.toolkit.fluxcd.io "db" not found',
    ],
    [
      'one of another namespace, which is not ours',
      [{ name: 'db', namespace: 'data' }],
      { dependencies: [ready] },
      'waiting DependencyNotReady: unable to get \'data/db\' dependency: helmreleases.helm.toolkit.fluxcd.io "db" not found',
    ],
    [
      'one of another namespace that may not be read',
      [{ name: 'db', namespace: 'data' }],
      { options: { noCrossNamespaceRefs: true } },
      'stalled AccessDenied: cross-namespace references are not allowed: cannot access HelmRelease data/db',
    ],
    ['an expression that holds, whatever Ready says', byLabel('one'), { dependencies: [old] }, undefined],
    [
      'an expression that does not hold',
      byLabel('two'),
      { dependencies: [ready] },
      "waiting DependencyNotReady: dependency 'apps/db' is not ready according to readyExpr eval",
    ],
    [
      'an expression that holds, where Ready counts as well',
      byLabel('one'),
      { dependencies: [old], options: { additiveCel: true } },
      notReady,
    ],
  ];
  for (const [name, dependsOn, given, want] of cases)
    it(name, async () => {
      const { deps, server } = world(given);
      const told = await checkDependencies(dependent(dependsOn), attempt, deps).then(
        () => undefined,
        (error: Fault) => `${error.faultClass} ${error.reason}: ${error.message}`,
      );
      assert.equal(told, want);
      assert.deepEqual(server.requests, [], 'the cache knows all');
    });

  it('stalls on an expression that is none, and tells the event the error alone', async () => {
    const { deps } = world({ dependencies: [ready] });
    await assert.rejects(
      checkDependencies(dependent([{ name: 'db', readyExpr: 'dep.(' }]), attempt, deps),
      (error: Fault) => {
        assert.ok(error instanceof Fault);
        assert.equal(error.faultClass, 'stalled');
        assert.match(error.message, /^Reconciliation failed terminally due to configuration error: terminal error: /);
        assert.match(String(error.options.event), /^terminal error: failed to evaluate dependency db: /);
        return true;
      },
    );
  });

  it('reads what the cache does not have', async () => {
    const { deps, server } = world({ options: { seesAll: false } });
    server.edit(ready);
    await checkDependencies(dependent([{ name: 'db' }]), attempt, deps);
    assert.deepEqual(server.taken(), ['get HelmRelease/db']);
  });

  it('watches what the cache does not have until it changes', async () => {
    const { deps, server, woken, watches } = world({ options: { seesAll: false } });
    const object = dependent([{ name: 'db' }]);
    await assert.rejects(checkDependencies(object, attempt, deps), /unable to get 'apps\/db' dependency: /);
    server.edit(ready);
    assert.equal(await woken, 'web');
    await checkDependencies(object, attempt, deps);
    watches.close();
  });

  it('passes on why it cannot read', async () => {
    const { deps, server } = world({ options: { seesAll: false } });
    const error = apiError(403, 'Forbidden', 'helmreleases is forbidden');
    server.answer = () => error;
    await assert.rejects(checkDependencies(dependent([{ name: 'db' }]), attempt, deps), error);
  });
});
