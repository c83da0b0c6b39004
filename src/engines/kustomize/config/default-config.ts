import { defaultNameReferences } from './default-name-references.ts';
import { type FieldSpec, fieldSpec } from './field-spec.ts';
import { makeConfig, type TransformerConfig } from './transformer-config.ts';

/** Kinds and where their pod templates are. */
const templates: readonly (readonly [kind: string, path: string, parts?: Partial<FieldSpec>])[] = [
  ['ReplicationController', 'spec/template', { version: 'v1' }],
  ['Deployment', 'spec/template'],
  ['ReplicaSet', 'spec/template'],
  ['DaemonSet', 'spec/template'],
  ['StatefulSet', 'spec/template', { group: 'apps' }],
  ['Job', 'spec/template', { group: 'batch' }],
  ['CronJob', 'spec/jobTemplate', { group: 'batch' }],
  ['CronJob', 'spec/jobTemplate/spec/template', { group: 'batch' }],
];

const metadataLabels: readonly FieldSpec[] = [
  fieldSpec('metadata/labels', { create: true }),
  ...templates.map(([kind, path, parts]) => fieldSpec(`${path}/metadata/labels`, { ...parts, kind, create: true })),
];

/** StatefulSets have no group here, unlike in the labels. */
const annotations: readonly FieldSpec[] = [
  fieldSpec('metadata/annotations', { create: true }),
  ...templates.map(([kind, path, parts]) =>
    fieldSpec(`${path}/metadata/annotations`, { ...(kind === 'StatefulSet' ? {} : parts), kind, create: true }),
  ),
];

const volumeClaimLabels = fieldSpec('spec/volumeClaimTemplates[]/metadata/labels', {
  group: 'apps',
  kind: 'StatefulSet',
  create: true,
});

const affinities = ['podAffinity', 'podAntiAffinity'].flatMap((affinity) => [
  `affinity/${affinity}/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels`,
  `affinity/${affinity}/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels`,
]);

function podSelectors(kind: string): FieldSpec[] {
  return [...affinities, 'topologySpreadConstraints/labelSelector/matchLabels'].map((path) =>
    fieldSpec(`spec/template/spec/${path}`, { group: 'apps', kind }),
  );
}

const selectors: readonly FieldSpec[] = [
  fieldSpec('spec/selector', { version: 'v1', kind: 'Service', create: true }),
  fieldSpec('spec/selector', { version: 'v1', kind: 'ReplicationController', create: true }),
  ...['Deployment', 'ReplicaSet', 'DaemonSet'].map((kind) =>
    fieldSpec('spec/selector/matchLabels', { kind, create: true }),
  ),
  fieldSpec('spec/selector/matchLabels', { group: 'apps', kind: 'StatefulSet', create: true }),
  ...podSelectors('Deployment'),
  ...podSelectors('StatefulSet'),
  fieldSpec('spec/selector/matchLabels', { group: 'batch', kind: 'Job' }),
  fieldSpec('spec/jobTemplate/spec/selector/matchLabels', { group: 'batch', kind: 'CronJob' }),
  fieldSpec('spec/selector/matchLabels', { group: 'policy', kind: 'PodDisruptionBudget' }),
  ...['spec/podSelector', 'spec/ingress/from/podSelector', 'spec/egress/to/podSelector'].map((path) =>
    fieldSpec(`${path}/matchLabels`, { group: 'networking.k8s.io', kind: 'NetworkPolicy' }),
  ),
];

/** Where a container of a pod may have a `$(VAR)`. */
const containerVars = ['args', 'command', 'env/value', 'volumeMounts/mountPath'].flatMap((field) => [
  `containers/${field}`,
  `initContainers/${field}`,
]);

function podVars(kind: string, pod: string, volumes = `${pod}/volumes`): FieldSpec[] {
  return [...containerVars.map((field) => `${pod}/${field}`), `${volumes}/nfs/server`].map((path) =>
    fieldSpec(path, { kind }),
  );
}

const vars: readonly FieldSpec[] = [
  ...podVars('CronJob', 'spec/jobTemplate/spec/template/spec', 'spec/jobTemplate/spec/template/volumes'),
  ...['DaemonSet', 'Deployment', 'Job', 'ReplicaSet'].flatMap((kind) => podVars(kind, 'spec/template/spec')),
  ...podVars('StatefulSet', 'spec/template/spec', 'spec/volumeClaimTemplates/spec'),
  ...podVars('Pod', 'spec'),
  fieldSpec('spec/template/metadata/annotations', { kind: 'Deployment' }),
  ...['spec/rules/host', 'spec/tls/hosts', 'spec/tls/secretName'].map((path) => fieldSpec(path, { kind: 'Ingress' })),
  ...['spec/ports/port', 'spec/ports/targetPort'].map((path) => fieldSpec(path, { kind: 'Service' })),
  fieldSpec('spec/nfs/server', { kind: 'PersistentVolume' }),
  fieldSpec('metadata/labels'),
  fieldSpec('metadata/annotations'),
];

const images: readonly FieldSpec[] = ['spec', 'spec/template/spec']
  .flatMap((pod) =>
    ['containers[]/image', 'initContainers[]/image', 'volumes[]/image/reference'].map((field) => `${pod}/${field}`),
  )
  .map((path) => fieldSpec(path, { create: true }));

const cronJobImageVolumes = fieldSpec('spec/jobTemplate/spec/template/spec/volumes[]/image/reference', {
  create: true,
});

function makeDefault(version: 'v5.8.1' | 'v5.8.2'): TransformerConfig {
  const newer = version === 'v5.8.2';
  // v5.8.1 has the volume claims among the labels of templates; v5.8.2 gave them a list of their own.
  const templateLabels = newer ? metadataLabels : [...metadataLabels, volumeClaimLabels];
  return makeConfig({
    namePrefix: [fieldSpec('metadata/name')],
    nameSuffix: [fieldSpec('metadata/name')],
    namespace: [
      fieldSpec('metadata/name', { kind: 'Namespace', create: true }),
      fieldSpec('spec/service/namespace', { group: 'apiregistration.k8s.io', kind: 'APIService', create: true }),
      fieldSpec('spec/conversion/webhook/clientConfig/service/namespace', {
        group: 'apiextensions.k8s.io',
        kind: 'CustomResourceDefinition',
      }),
    ],
    commonLabels: [...selectors, ...metadataLabels, volumeClaimLabels],
    templateLabels,
    volumeClaimTemplateLabels: newer ? [volumeClaimLabels] : [],
    commonAnnotations: annotations,
    nameReference: defaultNameReferences,
    varReference: vars,
    images: newer ? [...images, cronJobImageVolumes] : images,
    replicas: ['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) =>
      fieldSpec('spec/replicas', { kind, create: true }),
    ),
  });
}

const made: { [version in 'v5.8.1' | 'v5.8.2']?: TransformerConfig } = {};

/** What the transformers do without any configuration (api/internal/konfig/builtinpluginconsts). */
export function defaultConfig(version: 'v5.8.1' | 'v5.8.2'): TransformerConfig {
  made[version] ??= makeDefault(version);
  return made[version];
}
