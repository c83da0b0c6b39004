import {
  accessFrom,
  certSecretRef,
  duration,
  localObjectReference,
  shortDuration,
  statusDefault,
  suspend,
} from '../meta/fields.ts';
import { SOURCE_GROUP } from '../meta/names.ts';
import { boolean, object, string } from '../schema/builders.ts';
import { columns } from '../schema/columns.ts';
import { defineKind, type ObjectOf } from '../schema/kind.ts';
import { describe, required } from '../schema/schema.ts';
import { latestUrl, sourceStatus } from './status.ts';

const spec = object('Where the repository is and how to read it.', {
  accessFrom: describe(accessFrom, 'Reserved: which other namespaces may refer to this object. Has no effect.'),
  certSecretRef,
  insecure: boolean('Whether the registry may be asked over plain HTTP. Only with `type: oci`.'),
  interval: duration('How often to fetch the index. Default: one minute. Without effect with `type: oci`.'),
  passCredentials: boolean(
    'Whether credentials are also sent to hosts other than that of `url`, where the index points to such. Off, they stay with the host they were given for.',
  ),
  provider: string('How to authenticate with `type: oci`: with `secretRef`, or by the identity of the workload.', {
    enum: ['generic', 'aws', 'azure', 'gcp'],
    default: 'generic',
  }),
  secretRef: localObjectReference(
    'Secret with `username` and `password`; with `type: oci` also of type `kubernetes.io/dockerconfigjson`.',
  ),
  suspend,
  timeout: shortDuration('Limit for fetching the index. Default: one minute.'),
  type: string('`default` has an index.yaml. `oci` is a registry: nothing is fetched until a chart asks for it.', {
    enum: ['default', 'oci'],
  }),
  url: required(string('Address of the repository.', { pattern: '^(http|https|oci)://.*$' })),
});

const status = object('What was fetched last.', { ...sourceStatus, url: latestUrl }, statusDefault);

/** A Helm chart repository; its index is the artifact. */
export const helmRepositoryKind = defineKind({
  group: SOURCE_GROUP,
  version: 'v1',
  kind: 'HelmRepository',
  plural: 'helmrepositories',
  shortNames: ['helmrepo'],
  category: 'fluxcd-sources',
  description: 'A Helm chart repository; its index is the artifact.',
  columns: [columns.at('URL', '.spec.url'), columns.age, columns.ready, columns.status],
  spec,
  status,
});

/** A HelmRepository as the API server serves it. @public */
export type HelmRepository = ObjectOf<typeof helmRepositoryKind>;
