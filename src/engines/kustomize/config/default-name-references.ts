import { type FieldSpec, fieldSpec } from './field-spec.ts';
import { type NameReference, nameReference } from './transformer-config.ts';

/** Kinds that hold pods, where their pod is, and which fields are looked at in `v1` only. */
const pods: readonly (readonly [kind: string, pod: string, parts?: Partial<FieldSpec>])[] = [
  ['Pod', 'spec', { version: 'v1' }],
  ['PodTemplate', 'template/spec'],
  ['Deployment', 'spec/template/spec'],
  ['ReplicaSet', 'spec/template/spec'],
  ['DaemonSet', 'spec/template/spec'],
  ['StatefulSet', 'spec/template/spec'],
  ['Job', 'spec/template/spec'],
  ['CronJob', 'spec/jobTemplate/spec/template/spec'],
];

/** Kinds whose pods name other objects by a field of the pod itself. */
const podOwners: readonly (readonly [kind: string, pod: string])[] = [
  ['Pod', 'spec'],
  ['StatefulSet', 'spec/template/spec'],
  ['Deployment', 'spec/template/spec'],
  ['ReplicationController', 'spec/template/spec'],
  ['CronJob', 'spec/jobTemplate/spec/template/spec'],
  ['Job', 'spec/template/spec'],
  ['DaemonSet', 'spec/template/spec'],
];

function inPods(fields: readonly string[]): FieldSpec[] {
  return pods.flatMap(([kind, pod, parts]) => fields.map((field) => fieldSpec(`${pod}/${field}`, { ...parts, kind })));
}

function inPodOwners(field: string): FieldSpec[] {
  return podOwners.map(([kind, pod]) => fieldSpec(`${pod}/${field}`, { kind }));
}

function inContainers(...fields: readonly string[]): string[] {
  return fields.flatMap((field) => [`containers/${field}`, `initContainers/${field}`]);
}

function of(kind: string, paths: readonly string[], parts: Partial<FieldSpec> = {}): FieldSpec[] {
  return paths.map((path) => fieldSpec(path, { ...parts, kind }));
}

const rbac = { group: 'rbac.authorization.k8s.io' };
const admission = { group: 'admissionregistration.k8s.io' };

const configMap: readonly FieldSpec[] = [
  ...inPods([
    'volumes/configMap/name',
    ...inContainers('env/valueFrom/configMapKeyRef/name', 'envFrom/configMapRef/name'),
    'volumes/projected/sources/configMap/name',
  ]),
  ...of('Node', ['spec/configSource/configMap']),
  ...of('Role', ['rules/resourceNames']),
  ...of('ClusterRole', ['rules/resourceNames']),
  ...of('Ingress', ['metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap']),
];

const secret: readonly FieldSpec[] = [
  ...inPods([
    'volumes/secret/secretName',
    ...inContainers('env/valueFrom/secretKeyRef/name', 'envFrom/secretRef/name'),
    'imagePullSecrets/name',
    'volumes/projected/sources/secret/name',
  ]),
  ...of('Ingress', [
    'spec/tls/secretName',
    'metadata/annotations/ingress.kubernetes.io\\/auth-secret',
    'metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret',
    'metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret',
  ]),
  // A second time, as in the original: the name that is written first may be the old one of another Secret.
  ...of('Ingress', ['spec/tls/secretName']),
  ...of('ServiceAccount', ['imagePullSecrets/name']),
  ...of(
    'StorageClass',
    ['secretName', 'adminSecretName', 'userSecretName', 'secretRef'].map((name) => `parameters/${name}`),
  ),
  ...of('Role', ['rules/resourceNames']),
  ...of('ClusterRole', ['rules/resourceNames']),
  ...of('Service', ['spec/template/spec/containers/env/valueFrom/secretKeyRef/name'], {
    group: 'serving.knative.dev',
    version: 'v1',
  }),
  ...of('PersistentVolume', ['spec/azureFile/secretName']),
];

const service: readonly FieldSpec[] = [
  ...of('StatefulSet', ['spec/serviceName'], { group: 'apps' }),
  ...of('Ingress', [
    'spec/rules/http/paths/backend/serviceName',
    'spec/backend/serviceName',
    'spec/rules/http/paths/backend/service/name',
    'spec/defaultBackend/service/name',
  ]),
  ...of('APIService', ['spec/service/name'], { group: 'apiregistration.k8s.io' }),
  ...of('ValidatingWebhookConfiguration', ['webhooks/clientConfig/service'], admission),
  ...of('MutatingWebhookConfiguration', ['webhooks/clientConfig/service'], admission),
];

/** Which fields hold the names of which objects (builtinpluginconsts/namereference.go). */
export const defaultNameReferences: readonly NameReference[] = [
  ...['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) =>
    nameReference({ kind }, of('HorizontalPodAutoscaler', ['spec/scaleTargetRef/name'])),
  ),
  nameReference({ kind: 'ConfigMap', version: 'v1' }, configMap),
  nameReference({ kind: 'Secret', version: 'v1' }, secret),
  nameReference({ kind: 'Service', version: 'v1' }, service),
  nameReference({ kind: 'Role', ...rbac }, of('RoleBinding', ['roleRef/name'], rbac)),
  nameReference({ kind: 'ClusterRole', ...rbac }, [
    ...of('RoleBinding', ['roleRef/name'], rbac),
    ...of('ClusterRoleBinding', ['roleRef/name'], rbac),
  ]),
  nameReference({ kind: 'ServiceAccount', version: 'v1' }, [
    ...of('RoleBinding', ['subjects'], rbac),
    ...of('ClusterRoleBinding', ['subjects'], rbac),
    ...inPodOwners('serviceAccountName'),
  ]),
  nameReference(
    { kind: 'PersistentVolumeClaim', version: 'v1' },
    inPodOwners('volumes/persistentVolumeClaim/claimName'),
  ),
  nameReference({ kind: 'PersistentVolume', version: 'v1' }, [
    ...of('PersistentVolumeClaim', ['spec/volumeName']),
    ...of('ClusterRole', ['rules/resourceNames']),
  ]),
  nameReference({ kind: 'StorageClass', version: 'v1', group: 'storage.k8s.io' }, [
    ...of('PersistentVolume', ['spec/storageClassName']),
    ...of('PersistentVolumeClaim', ['spec/storageClassName']),
    ...of('StatefulSet', ['spec/volumeClaimTemplates/spec/storageClassName']),
  ]),
  nameReference({ kind: 'PriorityClass', version: 'v1', group: 'scheduling.k8s.io' }, inPodOwners('priorityClassName')),
  // The version in the group is upstream's slip: no IngressClass is ever found by it.
  nameReference(
    { kind: 'IngressClass', version: 'v1', group: 'networking.k8s.io/v1' },
    of('Ingress', ['spec/ingressClassName']),
  ),
  nameReference(
    { kind: 'ValidatingAdmissionPolicy', ...admission },
    of('ValidatingAdmissionPolicyBinding', ['spec/policyName'], admission),
  ),
];
