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
import { ignore, latestUrl, observedIgnore, sourceStatus } from './status.ts';

const sts = object('Where to get temporary credentials.', {
  certSecretRef: describe(certSecretRef, 'Secret with TLS material for `endpoint`.'),
  endpoint: required(string('Address of the token service.', { pattern: '^(http|https)://.*$' })),
  provider: required(string('`aws`, or `ldap` as MinIO has it.', { enum: ['aws', 'ldap'] })),
  secretRef: localObjectReference('Secret with the `username` and `password` for LDAP.'),
});

const spec = object(
  'What to fetch, how, and how often.',
  {
    bucketName: required(string('Name of the bucket.')),
    certSecretRef,
    endpoint: required(string('Host and port, or address, of the object store.')),
    ignore,
    insecure: boolean('Whether the store may be asked over plain HTTP.'),
    interval: required(duration('How often to look for changes.')),
    prefix: string('Only objects whose key begins with this.'),
    provider: string('The kind of store: anything that speaks S3 (`generic`), or that of a cloud.', {
      enum: ['generic', 'aws', 'gcp', 'azure'],
      default: 'generic',
    }),
    proxySecretRef,
    region: string('Region of the bucket.'),
    secretRef: localObjectReference(
      'Secret with credentials. generic, aws: `accesskey`, `secretkey`. gcp: `serviceaccount`. azure: `accountKey`, `sasKey`, or `tenantId` and `clientId` with `clientSecret` or `clientCertificate`.',
    ),
    serviceAccountName: string('ServiceAccount in the same namespace as which to ask the cloud for access.'),
    sts,
    suspend,
    timeout: timeoutOf60s('Limit for one remote operation.'),
  },
  {
    rules: [
      {
        rule: "self.provider == 'aws' || self.provider == 'generic' || !has(self.sts)",
        message: "STS configuration is only supported for the 'aws' and 'generic' Bucket providers",
      },
      {
        rule: "self.provider != 'aws' || !has(self.sts) || self.sts.provider == 'aws'",
        message: "'aws' is the only supported STS provider for the 'aws' Bucket provider",
      },
      {
        rule: "self.provider != 'generic' || !has(self.sts) || self.sts.provider == 'ldap'",
        message: "'ldap' is the only supported STS provider for the 'generic' Bucket provider",
      },
      {
        rule: "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.secretRef)",
        message: "spec.sts.secretRef is not required for the 'aws' STS provider",
      },
      {
        rule: "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.certSecretRef)",
        message: "spec.sts.certSecretRef is not required for the 'aws' STS provider",
      },
      {
        rule: "self.provider != 'generic' || !has(self.serviceAccountName)",
        message: "ServiceAccountName is not supported for the 'generic' Bucket provider",
      },
      {
        rule: '!has(self.secretRef) || !has(self.serviceAccountName)',
        message: 'cannot set both .spec.secretRef and .spec.serviceAccountName',
      },
    ],
  },
);

const status = object('What was fetched last.', { ...sourceStatus, observedIgnore, url: latestUrl }, statusDefault);

/** A bucket of an object store whose objects are packed into an artifact. */
export const bucketKind = defineKind({
  group: SOURCE_GROUP,
  version: 'v1',
  kind: 'Bucket',
  plural: 'buckets',
  category: 'fluxcd-sources',
  description: 'A bucket of an object store whose objects are packed into an artifact.',
  columns: [columns.at('Endpoint', '.spec.endpoint'), columns.age, columns.ready, columns.status],
  spec,
  status,
});

/** A Bucket as the API server serves it. @public */
export type Bucket = ObjectOf<typeof bucketKind>;
