import { artifactSchema } from '../meta/artifact.ts';
import { conditionsField } from '../meta/condition.ts';
import { reconcileStatus } from '../meta/fields.ts';
import { string } from '../schema/builders.ts';

/** The status fields of every source that a controller of ours fetches. */
export const sourceStatus = {
  artifact: artifactSchema,
  conditions: conditionsField,
  ...reconcileStatus,
} as const;

/** `status.url` of the sources that keep a link to their newest artifact. */
export const latestUrl = string('Address under which the newest artifact can always be fetched.');

/** `status.observedIgnore`. */
export const observedIgnore = string('The `spec.ignore` that the artifact was made with.');

/** `spec.ignore`. */
export const ignore = string(
  'Rules in the syntax of .gitignore for what stays out of the artifact. They replace the built-in list and come after the .sourceignore files in the source.',
);
