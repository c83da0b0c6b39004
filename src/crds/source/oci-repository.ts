import {
  certSecretRef,
  duration,
  localObjectReference,
  proxySecretRef,
  statusDefault,
  suspend,
  timeoutOf60s,
} from '../meta/fields.ts';
import { SOURCE_GROUP } from '../meta/names.ts';
import { boolean, object, string } from '../schema/builders.ts';
import { columns } from '../schema/columns.ts';
import { defineKind, type ObjectOf } from '../schema/kind.ts';
import { describe, required } from '../schema/schema.ts';
import { matchOIDCIdentity, verifyProvider, verifySecretRef } from './signature.ts';
import { ignore, latestUrl, observedIgnore, sourceStatus } from './status.ts';

const layerSelector = object('Which layer of the image becomes the artifact, and how. Default: the first, extracted.', {
  mediaType: string('The first layer of this media type is taken.'),
  operation: string('Whether to extract the layer and pack it again, or to keep it as it is.', {
    enum: ['extract', 'copy'],
  }),
});

const spec = object('What to fetch, how, and how often.', {
  certSecretRef,
  ignore,
  insecure: boolean('Whether the registry may be asked over plain HTTP.'),
  interval: required(duration('How often to look for a new revision.')),
  layerSelector,
  provider: string(
    'How to authenticate: with `secretRef` (`generic`), or by the identity of the workload at a cloud.',
    { enum: ['generic', 'aws', 'azure', 'gcp'], default: 'generic' },
  ),
  proxySecretRef,
  ref: object('What to fetch. When several are given: digest, semver, tag, in this order. Default: the tag `latest`.', {
    digest: string('Digest of the image, as `sha256:...`.'),
    semver: string('Range of versions; the highest tag within it is taken.'),
    semverFilter: string('Regular expression that a tag must match before `semver` is looked at.'),
    tag: string('Tag of the image.'),
  }),
  secretRef: localObjectReference('Secret of type `kubernetes.io/dockerconfigjson`. Wins over `serviceAccountName`.'),
  serviceAccountName: string(
    'ServiceAccount in the same namespace whose image pull secrets, or whose identity at the cloud, are used.',
  ),
  suspend,
  timeout: timeoutOf60s('Limit for one remote operation.'),
  url: required(string('Address of the repository, without tag.', { pattern: '^oci://.*$' })),
  verify: object('Signatures that the image must carry. Without it, none are checked.', {
    matchOIDCIdentity,
    provider: verifyProvider,
    secretRef: verifySecretRef,
    trustedRootSecretRef: localObjectReference(
      'Secret with `trusted_root.json`: the keys of a Sigstore of your own, for cosign.',
    ),
  }),
});

const status = object(
  'What was fetched last.',
  {
    ...sourceStatus,
    observedIgnore,
    observedLayerSelector: describe(layerSelector, 'The `spec.layerSelector` that the artifact was made with.'),
    url: latestUrl,
  },
  statusDefault,
);

/** An image in an OCI registry, one layer of which becomes an artifact. */
export const ociRepositoryKind = defineKind({
  group: SOURCE_GROUP,
  version: 'v1',
  kind: 'OCIRepository',
  plural: 'ocirepositories',
  shortNames: ['ocirepo'],
  category: 'fluxcd-sources',
  description: 'An image in an OCI registry, one layer of which becomes an artifact.',
  columns: [columns.at('URL', '.spec.url'), columns.ready, columns.status, columns.age],
  spec,
  status,
});

/** An OCIRepository as the API server serves it. @public */
export type OCIRepository = ObjectOf<typeof ociRepositoryKind>;
