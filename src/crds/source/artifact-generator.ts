import { conditionsField } from '../meta/condition.ts';
import { commonMetadata, reconcileStatus, text } from '../meta/fields.ts';
import { SOURCE_EXTENSIONS_GROUP } from '../meta/names.ts';
import { array, object, string } from '../schema/builders.ts';
import { columns } from '../schema/columns.ts';
import { defineKind, type ObjectOf } from '../schema/kind.ts';
import { required } from '../schema/schema.ts';

const ALIAS = '^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)$';
const ALIAS_PATH = '^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)/(.*)$';

const copy = object('One step of copying, as `cp` does it.', {
  exclude: array('Patterns of what is left out.', text, { maxItems: 100 }),
  from: required(string('What to copy: `@alias/pattern`.', { pattern: ALIAS_PATH, minLength: 1, maxLength: 1024 })),
  strategy: string(
    'What to do with what is there: replace it (`Overwrite`, the default), merge YAML as Helm merges values (`Merge`), or unpack a tar.gz over it (`Extract`).',
    { enum: ['Overwrite', 'Merge', 'Extract'] },
  ),
  to: required(
    string('Where to copy: `@artifact/path`. With a slash at its end, into that directory.', {
      pattern: '^@(artifact)/(.*)$',
      minLength: 1,
      maxLength: 1024,
    }),
  ),
});

const output = object('An artifact to make.', {
  copy: required(array('What goes into it, step by step.', copy, { minItems: 1 })),
  name: required(
    string('Name of the ExternalArtifact. With `pathPattern`, may hold `{captures}`.', {
      minLength: 1,
      maxLength: 253,
    }),
  ),
  originRevision: string('The source, as `@alias`, whose revision is noted as that of the origin.', {
    pattern: ALIAS,
    maxLength: 64,
  }),
  revision: string(
    'The source, as `@alias`, whose revision becomes that of the artifact. Default: `latest@` and the digest.',
    { pattern: ALIAS, maxLength: 64 },
  ),
});

const source = object('A source to copy from.', {
  alias: required(
    string('Name of the source within this object.', { pattern: '^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$', maxLength: 63 }),
  ),
  kind: required(
    string('Kind of the source.', {
      enum: ['Bucket', 'GitRepository', 'OCIRepository', 'HelmChart', 'ExternalArtifact'],
    }),
  ),
  name: required(string('Name of the source.', { pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$', maxLength: 253 })),
  namespace: string('Namespace of the source. Default: that of this object.', {
    pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
    minLength: 1,
    maxLength: 63,
  }),
});

const spec = object(
  'What to make of which sources.',
  {
    artifacts: required(
      array('The artifacts to make. With `pathPattern`, templates of them.', output, { minItems: 1, maxItems: 1000 }),
    ),
    commonMetadata,
    pathPattern: string(
      'Directories to look for, as `@alias/path/{capture}`. Each one found makes the artifacts once; what was captured can be used in them.',
      { pattern: ALIAS_PATH, maxLength: 1024 },
    ),
    sources: required(array('The sources to copy from.', source, { minItems: 1, maxItems: 1000 })),
  },
  {
    rules: [
      {
        rule: "has(self.pathPattern) && size(self.pathPattern) > 0 || self.artifacts.all(a, a.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'))",
        message: 'artifact names must be valid Kubernetes object names when pathPattern is not set',
      },
    ],
  },
);

const status = object('What was made last.', {
  conditions: conditionsField,
  inventory: array(
    'The ExternalArtifacts that belong to this object.',
    object('An ExternalArtifact.', {
      digest: required(string('Checksum of its file.')),
      filename: required(string('Name of its file.')),
      name: required(string('Name of the object.')),
      namespace: required(string('Namespace of the object.')),
    }),
  ),
  lastHandledReconcileAt: reconcileStatus.lastHandledReconcileAt,
  observedSourcesDigest: string('Checksum of the revisions of the sources that were used.'),
});

/** Makes artifacts out of parts of other sources. */
export const artifactGeneratorKind = defineKind({
  group: SOURCE_EXTENSIONS_GROUP,
  version: 'v1beta1',
  kind: 'ArtifactGenerator',
  plural: 'artifactgenerators',
  shortNames: ['ag'],
  category: 'fluxcd-sources',
  description: 'Makes artifacts out of parts of other sources.',
  columns: [columns.age, columns.ready, columns.status],
  spec,
  status,
});

/** An ArtifactGenerator as the API server serves it. @public */
export type ArtifactGenerator = ObjectOf<typeof artifactGeneratorKind>;
