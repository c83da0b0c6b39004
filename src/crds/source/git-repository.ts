import { artifactSchema } from '../meta/artifact.ts';
import {
  duration,
  localObjectReference,
  proxySecretRef,
  statusDefault,
  suspend,
  text,
  timeoutOf60s,
} from '../meta/fields.ts';
import { SOURCE_GROUP } from '../meta/names.ts';
import { array, boolean, object, string } from '../schema/builders.ts';
import { columns } from '../schema/columns.ts';
import { defineKind, type ObjectOf } from '../schema/kind.ts';
import { describe, required } from '../schema/schema.ts';
import { gitReference } from './git-reference.ts';
import { ignore, observedIgnore, sourceStatus } from './status.ts';

const include = object('Another GitRepository whose files are copied in.', {
  fromPath: string('Path in the other artifact to copy. Default: all of it.'),
  repository: required(localObjectReference('The GitRepository, in the same namespace.')),
  toPath: string('Where the files go. Default: a directory with the name of the other GitRepository.'),
});

const verify = object('How signatures are checked.', {
  mode: string('What must be signed: the commit (`HEAD`; `head` is the same), the tag, or both.', {
    enum: ['head', 'HEAD', 'Tag', 'TagAndHEAD'],
    default: 'HEAD',
  }),
  secretRef: required(
    localObjectReference('Secret with the trusted public keys: PGP in `*.asc`, SSH in `*.sshpub` entries.'),
  ),
});

const spec = object(
  'What to fetch, how, and how often.',
  {
    ignore,
    include: array(
      'Other GitRepositories whose artifacts are copied into this one. A change of one counts as a change of this.',
      include,
    ),
    interval: required(duration('How often to look for a new revision. Controllers add some jitter to it.')),
    provider: string(
      'How to authenticate: with `secretRef` (`generic`), as a GitHub App (`github`), or by the identity of the workload at a cloud (`aws`, `azure`).',
      {
        enum: ['generic', 'aws', 'azure', 'github'],
      },
    ),
    proxySecretRef,
    recurseSubmodules: boolean('Whether to fetch submodules too, with the same credentials.'),
    ref: gitReference,
    secretRef: localObjectReference(
      'Secret with credentials. HTTPS: `username` and `password`, or `bearerToken`; optionally `ca.crt`, `tls.crt`, `tls.key`. SSH: `identity`, `known_hosts`, optionally `password`. GitHub App: `githubAppID`, `githubAppPrivateKey`, `githubAppInstallationID` or `githubAppInstallationOwner`, optionally `githubAppBaseURL`.',
    ),
    serviceAccountName: string(
      'ServiceAccount in the same namespace as which to ask the cloud for access. Only with the providers `aws` and `azure`.',
    ),
    sparseCheckout: array('Directories to check out. Without any, all of them.', text),
    suspend,
    timeout: timeoutOf60s('Limit for the whole of a Git operation, such as a clone.'),
    url: required(string('Address of the repository, by HTTP, HTTPS or SSH.', { pattern: '^(http|https|ssh)://.*$' })),
    verify: describe(verify, 'Signatures that the revision must carry. Without it, none are checked.'),
  },
  {
    rules: [
      {
        rule: "!has(self.serviceAccountName) || (has(self.provider) && (self.provider == 'azure' || self.provider == 'aws'))",
        message: "serviceAccountName can only be set when provider is 'azure' or 'aws'",
      },
    ],
  },
);

const status = object(
  'What was fetched last.',
  {
    ...sourceStatus,
    includedArtifacts: array('The artifacts that were copied in, in the order of `spec.include`.', artifactSchema),
    observedIgnore,
    observedInclude: array('The `spec.include` that the artifact was made with.', include),
    observedRecurseSubmodules: boolean('The `spec.recurseSubmodules` that the artifact was made with.'),
    observedSparseCheckout: array('The `spec.sparseCheckout` that the artifact was made with.', text),
    sourceVerificationMode: string('The `spec.verify.mode` by which the artifact was verified.'),
  },
  statusDefault,
);

/** A Git repository whose content is packed into an artifact. */
export const gitRepositoryKind = defineKind({
  group: SOURCE_GROUP,
  version: 'v1',
  kind: 'GitRepository',
  plural: 'gitrepositories',
  shortNames: ['gitrepo'],
  category: 'fluxcd-sources',
  description: 'A Git repository whose content is packed into an artifact.',
  columns: [columns.at('URL', '.spec.url'), columns.age, columns.ready, columns.status],
  spec,
  status,
});

/** A GitRepository as the API server serves it. @public */
export type GitRepository = ObjectOf<typeof gitRepositoryKind>;
