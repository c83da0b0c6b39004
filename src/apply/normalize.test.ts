import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../kube/object.ts';
import { isBuiltIn, normalizeObject } from './normalize.ts';

type Fields = Readonly<Record<string, unknown>>;

function object(apiVersion: string, kind: string, fields: Fields, metadata: Fields = {}): KubeObject {
  return { apiVersion, kind, metadata: { name: 'x', ...metadata }, ...fields };
}

const ports = [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }, { containerPort: 1, protocol: '' }];
const complete = [
  { containerPort: 80, protocol: 'TCP' },
  { containerPort: 53, protocol: 'UDP' },
  { containerPort: 1, protocol: 'TCP' },
];
const pod = (list: unknown): Fields => ({ containers: [{ name: 'c', ports: list }], initContainers: [{ ports }] });
const template = (list: unknown): Fields => ({ template: { spec: pod(list) } });
const crdSpec = (caBundle?: string): Fields => ({
  spec: { conversion: { webhook: { clientConfig: { ...(caBundle === undefined ? {} : { caBundle }), url: 'u' } } } },
});

interface Case {
  readonly name: string;
  readonly given: KubeObject;
  readonly want: KubeObject;
}

const cases: readonly Case[] = [
  ...['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].map((kind) => ({
    name: `ports of a ${kind}`,
    given: object('apps/v1', kind, { spec: template(ports) }),
    want: object('apps/v1', kind, { spec: template(complete) }),
  })),
  {
    name: 'ports of a Pod',
    given: object('v1', 'Pod', { spec: pod(ports) }),
    want: object('v1', 'Pod', { spec: pod(complete) }),
  },
  {
    name: 'ports of a CronJob',
    given: object('batch/v1', 'CronJob', { spec: { jobTemplate: { spec: template(ports) } } }),
    want: object('batch/v1', 'CronJob', { spec: { jobTemplate: { spec: template(complete) } } }),
  },
  {
    name: 'ports of a Service',
    given: object('v1', 'Service', { spec: { ports: [{ port: 80 }] } }),
    want: object('v1', 'Service', { spec: { ports: [{ port: 80, protocol: 'TCP' }] } }),
  },
  {
    name: 'ports of a kind of others stay',
    given: object('x.io/v1', 'Service', { spec: { ports: [{ port: 80 }] } }),
    want: object('x.io/v1', 'Service', { spec: { ports: [{ port: 80 }] } }),
  },
  {
    name: 'stringData becomes data, over it',
    given: object('v1', 'Secret', { data: { a: 'MQ==', b: 'Mg==' }, stringData: { b: 'grüße', c: '' } }),
    want: object('v1', 'Secret', { data: { a: 'MQ==', b: 'Z3LDvMOfZQ==', c: '' } }),
  },
  {
    name: 'stringData that is no text stays for the API server to refuse',
    given: object('v1', 'Secret', { stringData: { a: 1 } }),
    want: object('v1', 'Secret', { stringData: { a: 1 } }),
  },
  {
    name: 'empty stringData goes',
    given: object('v1', 'Secret', { stringData: {} }),
    want: object('v1', 'Secret', {}),
  },
  {
    name: 'nulls are absent',
    given: object(
      'apps/v1',
      'Deployment',
      { spec: { replicas: null, a: [{ b: null, c: 1 }, null] } },
      { labels: null },
    ),
    want: object('apps/v1', 'Deployment', { spec: { a: [{ c: 1 }, null] } }),
  },
  {
    name: 'nulls in maps of texts are empty texts',
    given: object('v1', 'ConfigMap', { data: { a: null } }, { annotations: { b: null } }),
    want: object('v1', 'ConfigMap', { data: { a: '' } }, { annotations: { b: '' } }),
  },
  {
    name: 'nulls of custom resources stay',
    given: object('x.io/v1', 'Thing', { spec: { a: null } }),
    want: object('x.io/v1', 'Thing', { spec: { a: null } }),
  },
  {
    name: 'status and creationTimestamp go',
    given: object('x.io/v1', 'Thing', { status: { a: 1 } }, { creationTimestamp: null }),
    want: object('x.io/v1', 'Thing', {}),
  },
  {
    name: 'the status of a CRD stays',
    given: object(
      'apiextensions.k8s.io/v1',
      'CustomResourceDefinition',
      { status: { a: 1 } },
      { creationTimestamp: 'x' },
    ),
    want: object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', { status: { a: 1 } }),
  },
  ...['Cg==', '!', Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----').toString('base64')].map(
    (bundle) => ({
      name: `the caBundle ${bundle} goes`,
      given: object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', crdSpec(bundle)),
      want: object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', crdSpec()),
    }),
  ),
  {
    name: 'roles stay as they are',
    given: object('rbac.authorization.k8s.io/v1', 'Role', { rules: null, status: {} }, { creationTimestamp: null }),
    want: object('rbac.authorization.k8s.io/v1', 'Role', { rules: null, status: {} }, { creationTimestamp: null }),
  },
];

test('normalizeObject', () => {
  for (const { name, given, want } of cases) {
    const before = structuredClone(given);
    assert.deepEqual(normalizeObject(given), want, name);
    assert.deepEqual(given, before, `${name}: the given object is not changed`);
    assert.deepEqual(normalizeObject(normalizeObject(given)), want, `${name}: twice is once`);
  }
});

test('kinds that upstream carries through Go types', () => {
  const kinds = [
    'v1 ConfigMap',
    'apps/v1 Deployment',
    'rbac.authorization.k8s.io/v1 Role',
    'apiextensions.k8s.io/v1 CustomResourceDefinition',
    'x.io/v1 Thing',
    'rbac.authorization.k8s.io/v1 RoleBinding',
  ];
  assert.deepEqual(
    kinds.map((text) => isBuiltIn(object(text.split(' ')[0] ?? '', text.split(' ')[1] ?? '', {}))),
    [true, true, false, false, false, true],
  );
});
