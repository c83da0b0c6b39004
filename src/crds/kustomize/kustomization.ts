import { dependency, healthCheckExpr, ignoreRule, image, kubeConfig, patch } from '../meta/applier-fields.ts';
import { conditionsField } from '../meta/condition.ts';
import {
  commonMetadata,
  duration,
  localObjectReference,
  reconcileStatus,
  statusDefault,
  suspend,
  text,
} from '../meta/fields.ts';
import { inventorySchema } from '../meta/inventory.ts';
import { KUSTOMIZE_GROUP } from '../meta/names.ts';
import { array, boolean, integer, map, object, string } from '../schema/builders.ts';
import { columns } from '../schema/columns.ts';
import { defineKind, type ObjectOf } from '../schema/kind.ts';
import { required } from '../schema/schema.ts';

const decryption = object('How encrypted files and Secrets are decrypted.', {
  provider: required(string('The format of the encryption.', { enum: ['sops'] })),
  secretRef: localObjectReference(
    'Secret with keys or credentials: `*.agekey`, `*.asc`, `sops.vault-token`, `sops.aws-kms`, `sops.azure-kv`, `sops.gcp-kms`.',
  ),
  serviceAccountName: string('ServiceAccount in the same namespace as which to ask key management services.'),
});

const healthCheck = object('An object to wait for.', {
  apiVersion: string('Group and version of the object.'),
  kind: required(string('Kind of the object.')),
  name: required(string('Name of the object.')),
  namespace: string('Namespace of the object.'),
});

const postBuild = object('Variables to put in after the build.', {
  substitute: map('Variables and their values. They win over those of `substituteFrom`.', text),
  substituteFrom: array(
    'ConfigMaps and Secrets whose entries are variables. Later ones win.',
    object('A ConfigMap or Secret in the same namespace.', {
      kind: required(string('Which of the two it is.', { enum: ['Secret', 'ConfigMap'] })),
      name: required(string('Name of the object.', { minLength: 1, maxLength: 253 })),
      optional: boolean('Whether it may be missing.', { default: false }),
    }),
  ),
  substituteStrategy: string(
    'When to look for variables in the objects: only when there are any to put in (`WithVariables`, the default), or always.',
    { enum: ['WithVariables', 'Always'] },
  ),
});

const sourceRef = object('Where the files come from.', {
  apiVersion: string('Group and version of the source.'),
  kind: required(
    string('Kind of the source. ExternalArtifact needs the feature gate of that name.', {
      enum: ['OCIRepository', 'GitRepository', 'Bucket', 'ExternalArtifact'],
    }),
  ),
  name: required(string('Name of the source.')),
  namespace: string('Namespace of the source. Default: that of this object.'),
});

const spec = object('What to build, how to apply it, and how often.', {
  buildMetadata: array(
    'Annotations that tell where each object came from.',
    string(undefined, {
      enum: ['originAnnotations', 'transformerAnnotations'],
    }),
  ),
  commonMetadata,
  components: array('Kustomize components to add, as paths relative to `path`.', text),
  decryption,
  deletionPolicy: string(
    'What becomes of the applied objects when this object is deleted: as `prune` says (`MirrorPrune`, the default), deleted, deleted and waited for, or left.',
    { enum: ['MirrorPrune', 'Delete', 'WaitForTermination', 'Orphan'] },
  ),
  dependsOn: array('Kustomizations that must be ready first. A circle of them never becomes ready.', dependency),
  force: boolean('Whether to delete and create again what cannot be changed because a field of it is immutable.', {
    default: false,
  }),
  healthCheckExprs: array('How the health of custom resources is told.', healthCheckExpr),
  healthChecks: array('Objects to wait for after applying. Without effect when `wait` is set.', healthCheck),
  ignore: array(
    'Fields that are not corrected when they differ. Where another writer applies the field, it is left out of what we apply; else its live value is kept.',
    ignoreRule,
  ),
  ignoreMissingComponents: boolean('Whether components may be missing.'),
  images: array('Other names, tags or digests for images.', image),
  interval: required(duration('How often to apply again and correct what has drifted.')),
  kubeConfig,
  namePrefix: string('Put before the names of all objects.', { minLength: 1, maxLength: 200 }),
  nameSuffix: string('Put after the names of all objects.', { minLength: 1, maxLength: 200 }),
  patches: array('Changes to the objects, after those of the files.', patch),
  path: string(
    'Directory with a kustomization.yaml, or with plain manifests for which one is made up. Default: the root of the source.',
  ),
  postBuild,
  prune: required(boolean('Whether to delete objects that are no longer in the source.')),
  retryInterval: duration('When to try again after a failure. Default: `interval`.'),
  serviceAccountName: string('ServiceAccount as which to apply, delete and watch.'),
  sourceRef: required(sourceRef),
  suspend,
  targetNamespace: string('Namespace that all namespaced objects are put in. It must exist.', {
    minLength: 1,
    maxLength: 63,
  }),
  timeout: duration(
    'Limit for building, applying and becoming healthy. Default: `interval` less 30 seconds, at least 30 seconds.',
  ),
  wait: boolean('Whether to wait for all applied objects to become healthy.'),
});

const historyEntry = object('Reconciles in a row that had the same result.', {
  digest: required(string('Checksum of the objects that were built.')),
  firstReconciled: required(string('When the result was first reached.', { format: 'date-time' })),
  lastReconciled: required(string('When the result was last reached.', { format: 'date-time' })),
  lastReconciledDuration: required(string('How long the last reconcile took.')),
  lastReconciledStatus: required(string('The result: the reason of the condition Ready.')),
  metadata: map('More about the result, such as `revision` and `originRevision`.', text),
  totalReconciliations: required(integer('How often the result was reached.', { format: 'int64' })),
});

const status = object(
  'What was applied last.',
  {
    conditions: conditionsField,
    history: array('The last five different results, newest first.', historyEntry),
    inventory: inventorySchema,
    lastAppliedOriginRevision: string(
      'The Git revision behind the revision that was last applied, where the source knows it.',
    ),
    lastAppliedRevision: string('The revision that was last applied.'),
    lastAttemptedRevision: string('The revision that was last tried.'),
    ...reconcileStatus,
  },
  statusDefault,
);

/** A directory of a source, built by kustomize and kept applied. */
export const kustomizationKind = defineKind({
  group: KUSTOMIZE_GROUP,
  version: 'v1',
  kind: 'Kustomization',
  plural: 'kustomizations',
  shortNames: ['ks'],
  category: 'fluxcd-appliers',
  description: 'A directory of a source, built by kustomize and kept applied.',
  columns: [columns.age, columns.ready, columns.status],
  spec,
  status,
});

/** A Kustomization as the API server serves it. @public */
export type Kustomization = ObjectOf<typeof kustomizationKind>;
