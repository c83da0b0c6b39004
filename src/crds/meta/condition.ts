import { array, integer, object, string } from '../schema/builders.ts';
import { required, type Served } from '../schema/schema.ts';

/** `metav1.Condition`. */
export const conditionSchema = object('One fact about the state of this object.', {
  lastTransitionTime: required(string('When `status` last changed.', { format: 'date-time' })),
  message: required(string('What happened, for people. May be empty.', { maxLength: 32768 })),
  observedGeneration: integer('The `metadata.generation` that this condition speaks of.', {
    format: 'int64',
    minimum: 0,
  }),
  reason: required(
    string('Why the condition has this status, as one CamelCase word.', {
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
      minLength: 1,
      maxLength: 1024,
    }),
  ),
  status: required(string('Whether the fact holds.', { enum: ['True', 'False', 'Unknown'] })),
  type: required(
    string('What the condition is about.', {
      pattern:
        '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
      maxLength: 316,
    }),
  ),
});

/** A condition as it stands in a status. `reason` is any text here: another controller may have written it. */
export type Condition = Served<typeof conditionSchema>;

/** `status.conditions` of every kind that has a status. */
export const conditionsField = array('What is known about the state of this object.', conditionSchema);

/** The condition types of the API: Ready, Reconciling and Stalled on all kinds, the others where their kind says so. */
export const conditionTypes = [
  'Ready',
  'Reconciling',
  'Stalled',
  'Healthy',
  'ArtifactInStorage',
  'ArtifactOutdated',
  'FetchFailed',
  'BuildFailed',
  'StorageOperationFailed',
  'SourceVerified',
  'IncludeUnavailable',
  'Released',
  'TestSuccess',
  'Remediated',
  'Drifted',
] as const;

/** One of {@link conditionTypes}. */
export type ConditionType = (typeof conditionTypes)[number];
