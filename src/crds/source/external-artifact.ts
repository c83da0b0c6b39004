import { artifactSchema } from '../meta/artifact.ts';
import { conditionsField } from '../meta/condition.ts';
import { SOURCE_GROUP } from '../meta/names.ts';
import { object, string } from '../schema/builders.ts';
import { columns } from '../schema/columns.ts';
import { defineKind, type ObjectOf } from '../schema/kind.ts';
import { required } from '../schema/schema.ts';

const spec = object('Where the artifact comes from.', {
  sourceRef: object('The object from which the artifact was made.', {
    apiVersion: string('Group and version of the object.'),
    kind: required(string('Kind of the object.')),
    name: required(string('Name of the object.')),
    namespace: string('Namespace of the object. Default: that of this object.'),
  }),
});

const status = object('The artifact, as its maker reports it.', {
  artifact: artifactSchema,
  conditions: conditionsField,
});

/** An artifact that a controller outside of this API makes. */
export const externalArtifactKind = defineKind({
  group: SOURCE_GROUP,
  version: 'v1',
  kind: 'ExternalArtifact',
  plural: 'externalartifacts',
  shortNames: ['ea'],
  category: 'fluxcd-sources',
  description: 'An artifact that a controller outside of this API makes.',
  columns: [columns.age, columns.ready, columns.status, columns.at('Source', '.spec.sourceRef.name')],
  spec,
  status,
});

/** An ExternalArtifact as the API server serves it. @public */
export type ExternalArtifact = ObjectOf<typeof externalArtifactKind>;
