import { conditionsField } from '../meta/condition.ts';
import { reconcileStatus, statusDefault } from '../meta/fields.ts';
import { inventorySchema } from '../meta/inventory.ts';
import { array, integer, map, object, string } from '../schema/builders.ts';
import { required, type Schema } from '../schema/schema.ts';

const time = (description: string) => string(description, { format: 'date-time' });
const count = (description: string): Schema<number> => integer(description, { format: 'int64' });

const testHook = object('How a test went.', {
  lastCompleted: time('When it ended.'),
  lastStarted: time('When it began.'),
  phase: string('What it ended with.'),
});

const snapshot = object('A release as it was made.', {
  action: string('The action that made it: install, upgrade or rollback.'),
  apiVersion: string('Format of this record.'),
  appVersion: string('Version of the application, as the chart says.'),
  chartName: required(string('Name of the chart.')),
  chartVersion: required(string('Version of the chart.')),
  configDigest: required(string('Checksum of the values.')),
  deleted: time('When the release was deleted.'),
  digest: required(string('Checksum of the release in the storage of Helm, by which changes of others are noticed.')),
  firstDeployed: required(time('When the first release was made.')),
  lastDeployed: required(time('When this release was made.')),
  name: required(string('Name of the release.')),
  namespace: required(string('Namespace of the release.')),
  ociDigest: string('Digest of the chart, when it came from an OCI registry.'),
  status: required(string('Status of the release: deployed, failed, superseded and so on.')),
  testHooks: map('How each test went.', testHook),
  version: required(integer('Number of the release in the history.')),
});

/** `status` of a HelmRelease. */
export const helmReleaseStatus = object(
  'What was released last.',
  {
    conditions: conditionsField,
    failures: count('How often reconciling has failed since it last worked.'),
    helmChart: string('The HelmChart that was made for `spec.chart`, as `namespace/name`.'),
    history: array('The releases back to the last that worked, newest first.', snapshot),
    installFailures: count('How often the install has failed since it last worked.'),
    inventory: inventorySchema,
    lastAttemptedConfigDigest: string('Checksum of the values that were last tried.'),
    lastAttemptedGeneration: count('The `metadata.generation` that was last tried.'),
    lastAttemptedReleaseAction: string('The action that was last tried.', { enum: ['install', 'upgrade'] }),
    lastAttemptedReleaseActionDuration: string('How long the last action took.'),
    lastAttemptedRevision: string('The version of the chart that was last tried.'),
    lastAttemptedRevisionDigest: string('The digest of the chart that was last tried, from an OCI registry.'),
    lastAttemptedValuesChecksum: string('Deprecated: see `lastAttemptedConfigDigest`.'),
    lastHandledForceAt: string('The last value of the annotation `reconcile.fluxcd.io/forceAt` that was acted on.'),
    lastHandledResetAt: string('The last value of the annotation `reconcile.fluxcd.io/resetAt` that was acted on.'),
    lastReleaseRevision: integer('Deprecated: see `history`.'),
    observedCommonMetadataDigest: string('Checksum of the `spec.commonMetadata` that was used.'),
    observedPostRenderersDigest: string('Checksum of the `spec.postRenderers` that were used.'),
    ...reconcileStatus,
    storageNamespace: string('The namespace in which Helm keeps the history.', { minLength: 1, maxLength: 63 }),
    upgradeFailures: count('How often the upgrade has failed since it last worked.'),
  },
  statusDefault,
);
