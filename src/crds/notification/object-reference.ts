import { text } from '../meta/fields.ts';
import { map, object, string } from '../schema/builders.ts';
import { required, type Schema } from '../schema/schema.ts';

const kinds = [
  'Bucket',
  'GitRepository',
  'Kustomization',
  'HelmRelease',
  'HelmChart',
  'HelmRepository',
  'ImageRepository',
  'ImagePolicy',
  'ImageUpdateAutomation',
  'OCIRepository',
  'ArtifactGenerator',
  'ExternalArtifact',
] as const;

/** `CrossNamespaceObjectReference`, with `more` fields: the objects that an Alert or a Receiver is about. */
export function objectReference<const P extends Readonly<Record<string, Schema>>>(description: string, more: P) {
  return object(description, {
    apiVersion: string('Group and version of the object.'),
    ...more,
    kind: required(string('Kind of the object.', { enum: kinds })),
    matchLabels: map('Labels that the objects must carry, all of them. Needs `*` as name.', text),
    name: required(string('Name of the object, or `*` for all.', { minLength: 1, maxLength: 253 })),
    namespace: string('Namespace of the object. Default: that of this object.', { minLength: 1, maxLength: 253 }),
  });
}
