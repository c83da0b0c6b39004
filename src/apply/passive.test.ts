import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../kube/object.ts';
import { isPassive } from './passive.ts';

const rule = (host?: unknown) => ({ host, http: { paths: [] } });

const cases: readonly (readonly [passive: boolean, object: Partial<KubeObject> & { readonly kind: string }])[] = [
  [true, { kind: 'ConfigMap' }],
  [false, { kind: 'ConfigMap', metadata: { name: 'aws-auth', namespace: 'kube-system' } }],
  [true, { kind: 'ServiceAccount' }],
  [true, { kind: 'Secret', type: 'Opaque' }],
  [true, { kind: 'Secret' }],
  [false, { kind: 'Secret', type: 'kubernetes.io/service-account-token' }],
  [false, { kind: 'Secret', type: 'bootstrap.kubernetes.io/token' }],
  [true, { kind: 'Service' }],
  [true, { kind: 'Service', spec: { type: 'ClusterIP', externalIPs: [] } }],
  [false, { kind: 'Service', spec: { externalIPs: ['192.0.2.1'] } }],
  [false, { kind: 'Service', spec: { type: 'LoadBalancer' } }],
  [false, { kind: 'Service', spec: { type: 'NodePort' } }],
  [false, { kind: 'Service', spec: { type: 'ExternalName', externalName: 'example.com' } }],
  [true, { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', spec: { rules: [rule('a.example.com')] } }],
  [false, { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', spec: { rules: [rule()] } }],
  [false, { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', spec: { rules: [rule('')] } }],
  [false, { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', spec: { rules: [rule('*.example.com')] } }],
  [false, { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', spec: { rules: [] } }],
  [false, { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', spec: { defaultBackend: {}, rules: [rule('a')] } }],
  [false, { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' }],
  [false, { apiVersion: 'apps/v1', kind: 'Deployment' }],
  [false, { kind: 'Pod' }],
  [false, { kind: 'PersistentVolumeClaim' }],
  [false, { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' }],
  [false, { apiVersion: 'example.com/v1', kind: 'ConfigMap' }],
];

for (const [passive, object] of cases) {
  const full = { apiVersion: 'v1', metadata: { name: 'x', namespace: 'ns' }, ...object };
  test(`${JSON.stringify(object)} is ${passive ? 'passive' : 'active'}`, () => {
    assert.equal(isPassive(full), passive);
  });
}
