import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../kube/object.ts';
import { byRank } from './sort.ts';
import { isCrd, stages } from './stage.ts';

function object(text: string): KubeObject {
  const [apiVersion = '', kind = '', name = ''] = text.split(' ');
  const [namespace, last] = name.includes('/') ? name.split('/') : [undefined, name];
  return { apiVersion, kind, metadata: { name: last ?? '', ...(namespace === undefined ? {} : { namespace }) } };
}

const given = [
  'admissionregistration.k8s.io/v1 MutatingWebhookConfiguration hook',
  'x.io/v1 Thing b/t',
  'x.io/v1 Thing a/t',
  'apps/v1 Deployment a/web',
  'v1 ConfigMap a/c',
  'v1 ServiceAccount a/s',
  'rbac.authorization.k8s.io/v1 ClusterRoleBinding r',
  'gateway.networking.k8s.io/v1 GatewayClass g',
  'scheduling.k8s.io/v1 PriorityClass p',
  'x.io/v1 ThingClass tc',
  'rbac.authorization.k8s.io/v1 ClusterRole r',
  'v1 Namespace a',
  'apiextensions.k8s.io/v1 CustomResourceDefinition things.x.io',
  'x.io/v1 Early e',
  'x.io/v1 Namespace odd',
  'v1 Pod a/p',
];

test('objects are staged and sorted as upstream does', () => {
  const result = stages(given.map(object), { customStageKinds: ['x.io/Early', 'Pod'] });
  assert.deepEqual(
    result.map(({ name, awaited, objects }) => [name, awaited, objects.map((o) => `${o.kind} ${o.metadata.name}`)]),
    [
      ['definitions', true, ['CustomResourceDefinition things.x.io', 'Namespace a', 'ClusterRole r']],
      ['classes', true, ['PriorityClass p', 'GatewayClass g', 'ThingClass tc']],
      ['custom', false, ['Pod p', 'Early e']],
      [
        'rest',
        false,
        [
          'Namespace odd',
          'ClusterRoleBinding r',
          'ServiceAccount s',
          'ConfigMap c',
          'Deployment web',
          'Thing t',
          'Thing t',
          'MutatingWebhookConfiguration hook',
        ],
      ],
    ],
  );
  assert.deepEqual(
    result
      .at(-1)
      ?.objects.filter(({ kind }) => kind === 'Thing')
      .map(({ metadata }) => metadata.namespace),
    ['a', 'b'],
  );
  assert.deepEqual(stages([]), []);
});

test('runs of one rank', () => {
  const runs = byRank(
    ['ConfigMap', 'ConfigMap', 'Secret', 'Thing', 'Other', 'ValidatingWebhookConfiguration'],
    (kind) => kind,
  );
  assert.deepEqual(runs, [
    ['ConfigMap', 'ConfigMap'],
    ['Secret'],
    ['Thing', 'Other'],
    ['ValidatingWebhookConfiguration'],
  ]);
  assert.deepEqual(byRank([], String), []);
});

test('a CRD is one of Kubernetes only', () => {
  assert.equal(isCrd(object('apiextensions.k8s.io/v1 CustomResourceDefinition x')), true);
  assert.equal(isCrd(object('x.io/v1 CustomResourceDefinition x')), false);
});
