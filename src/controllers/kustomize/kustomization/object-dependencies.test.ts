import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { apiError, FakeServer } from '../../../../test/support/fake-client.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { Fault } from '../../../runtime/fault.ts';
import { DEPENDS_ON } from './extensions.ts';
import { objectDependencies, whyObjectsNotReady } from './object-dependencies.ts';

function kustomization(annotation?: string): Kustomization {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: {
      name: 'app',
      namespace: 'team',
      ...(annotation === undefined ? {} : { annotations: { [DEPENDS_ON]: annotation } }),
    },
    spec: { interval: '10m', prune: true, force: false, sourceRef: { kind: 'GitRepository', name: 'repo' } },
  };
}

test('without the annotation there are none', () => {
  assert.deepEqual(objectDependencies(kustomization()), []);
  assert.deepEqual(objectDependencies(kustomization(' ')), []);
});

test('a list in YAML or JSON, in the namespace of the Kustomization unless it names another', () => {
  const yaml = `
    - {apiVersion: apps/v1, kind: Deployment, name: db}
    - apiVersion: v1
      kind: ConfigMap
      name: settings
      namespace: shared
      readyExpr: dep.data.phase == 'done'`;
  const [db, settings] = objectDependencies(kustomization(yaml));
  assert.deepEqual(db, {
    ref: { group: 'apps', version: 'v1', kind: 'Deployment', name: 'db', namespace: 'team' },
  });
  assert.equal(settings?.ref.namespace, 'shared');
  assert.equal(settings?.readyExpr, "dep.data.phase == 'done'");
  const json = JSON.stringify([{ apiVersion: 'v1', kind: 'Pod', name: 'x' }]);
  assert.equal(objectDependencies(kustomization(json))[0]?.ref.kind, 'Pod');
});

const malformed: readonly (readonly [what: string, annotation: string, message: RegExp])[] = [
  ['no list', 'apiVersion: v1', /expected a list/],
  ['no YAML', '- {', /annotation sluice\.dev\/depends-on: /],
  ['an item that is none', '- db', /item 0 is not an object/],
  ['an item without a name', '- {apiVersion: v1, kind: Pod}', /item 0 needs name/],
  ['a name that is a number', '- {apiVersion: v1, kind: Pod, name: 1}', /item 0 needs name, as text/],
  ['a field that is not known', '- {apiVersion: v1, kind: Pod, name: a, ready: x}', /has the field 'ready'/],
  ['too many', `[${'{apiVersion: v1, kind: Pod, name: a},'.repeat(51)}]`, /51 objects, at most 50/],
];
for (const [what, annotation, message] of malformed) {
  test(`${what} stalls, and says what is wrong`, () => {
    assert.throws(
      () => objectDependencies(kustomization(annotation)),
      (error: unknown) => {
        assert.ok(error instanceof Fault);
        assert.deepEqual([error.faultClass, error.reason], ['stalled', 'InvalidAnnotation']);
        assert.match(error.message, message);
        return true;
      },
    );
  });
}

test('any text is a list or a fault', () => {
  const token = fc.constantFrom('- ', '{', '}', ': ', 'name', 'kind', 'apiVersion', 'v1', '\n', '  ', '"', '&a ', '*a');
  fc.assert(
    fc.property(fc.array(token, { maxLength: 20 }), (tokens) => {
      try {
        return Array.isArray(objectDependencies(kustomization(tokens.join(''))));
      } catch (error) {
        return error instanceof Fault;
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});

const configMap = (name: string, data: Readonly<Record<string, string>> = {}, namespace = 'team') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
});

async function why(
  annotation: string,
  server: FakeServer,
  more: { noCrossNamespaceRefs?: boolean; additiveCel?: boolean } = {},
) {
  const object = kustomization(annotation);
  return whyObjectsNotReady(object, objectDependencies(object), {
    client: server.client(),
    noCrossNamespaceRefs: false,
    additiveCel: false,
    ...more,
    signal: AbortSignal.timeout(10_000),
  });
}

const cm = '- {apiVersion: v1, kind: ConfigMap, name: a}';

test('ready is what kstatus calls Current', async () => {
  const server = new FakeServer();
  assert.match((await why(cm, server)) ?? '', /^dependency 'v1\/ConfigMap\/team\/a' not found: /);
  server.edit(configMap('a'));
  assert.equal(await why(cm, server), undefined);
  const deployment = '- {apiVersion: apps/v1, kind: Deployment, name: web}';
  server.edit({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'team' },
    spec: { replicas: 1 },
  });
  assert.match(
    (await why(deployment, server)) ?? '',
    /^dependency 'apps\/v1\/Deployment\/team\/web' is not ready: InProgress/,
  );
  assert.match(
    (await why('- {apiVersion: x.io/v1, kind: X, name: a}', server)) ?? '',
    /not found: no matches for kind "X"/,
  );
});

test('a readyExpr decides instead, or beside it with the feature gate', async () => {
  const server = new FakeServer();
  const expr = `- {apiVersion: v1, kind: ConfigMap, name: a, readyExpr: "dep.data.phase == 'done' && self.metadata.name == 'app'"}`;
  server.edit(configMap('a', { phase: 'starting' }));
  assert.match((await why(expr, server)) ?? '', /according to readyExpr eval$/);
  server.edit(configMap('a', { phase: 'done' }));
  assert.equal(await why(expr, server), undefined);
  assert.equal(await why(expr, server, { additiveCel: true }), undefined);
  await assert.rejects(why('- {apiVersion: v1, kind: ConfigMap, name: a, readyExpr: "dep."}', server), {
    faultClass: 'stalled',
    reason: 'InvalidCELExpression',
  });
});

test('another namespace is not looked into where that is refused; what has no namespace is', async () => {
  const server = new FakeServer();
  server.edit(configMap('a', {}, 'other'));
  server.edit({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
  const elsewhere = '- {apiVersion: v1, kind: ConfigMap, name: a, namespace: other}';
  assert.equal(await why(elsewhere, server), undefined);
  server.taken();
  await assert.rejects(why(elsewhere, server, { noCrossNamespaceRefs: true }), { reason: 'AccessDenied' });
  assert.deepEqual(server.taken(), []);
  assert.equal(
    await why('- {apiVersion: v1, kind: Namespace, name: other}', server, { noCrossNamespaceRefs: true }),
    undefined,
  );
});

test('what may not be read is waited for, and the answer is told', async () => {
  const server = new FakeServer();
  server.answer = () => apiError(403, 'Forbidden', 'configmaps "a" is forbidden');
  assert.equal(await why(cm, server), `dependency 'v1/ConfigMap/team/a' cannot be read: configmaps "a" is forbidden`);
});
