import { conditionsField } from '../meta/condition.ts';
import { duration, reconcileStatus, statusDefault, suspend } from '../meta/fields.ts';
import { IMAGE_GROUP } from '../meta/names.ts';
import { object, string } from '../schema/builders.ts';
import { columns } from '../schema/columns.ts';
import { defineKind, type ObjectOf } from '../schema/kind.ts';
import { describe, required } from '../schema/schema.ts';
import { imageRef } from './image-ref.ts';

const order = string('`asc` takes the last in rising order, `desc` the last in falling order.', {
  enum: ['asc', 'desc'],
  default: 'asc',
});

const spec = object(
  'How to choose one of the tags.',
  {
    digestReflectionPolicy: string(
      'Whether the digest of the chosen tag is noted: never, once for each tag, or again at each interval.',
      { enum: ['Always', 'IfNotPresent', 'Never'], default: 'Never' },
    ),
    filterTags: object('Which tags are looked at, and which part of them.', {
      extract: string('What to compare instead of the tag, made of the groups of `pattern`: `$name`.'),
      pattern: string('Regular expression that a tag must match.'),
    }),
    imageRepositoryRef: required(
      object('The ImageRepository whose tags are looked at.', {
        name: required(string('Name of the ImageRepository.')),
        namespace: string('Namespace of the ImageRepository. Default: that of this object.'),
      }),
    ),
    interval: duration('How often to look up the digest. Only with `digestReflectionPolicy: Always`.'),
    policy: required(
      object('How tags are compared. Exactly one must be given.', {
        alphabetical: object('By letters.', { order }),
        numerical: object('By numbers.', { order }),
        semver: object('By version.', { range: required(string('Range that the version must be in.')) }),
      }),
    ),
    suspend,
  },
  {
    rules: [
      {
        rule: "!has(self.interval) || (has(self.digestReflectionPolicy) && self.digestReflectionPolicy == 'Always')",
        message: "spec.interval is only accepted when spec.digestReflectionPolicy is set to 'Always'",
      },
      {
        rule: "has(self.interval) || !has(self.digestReflectionPolicy) || self.digestReflectionPolicy != 'Always'",
        message: "spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'",
      },
    ],
  },
);

const status = object(
  'What was chosen last.',
  {
    conditions: conditionsField,
    ...reconcileStatus,
    latestRef: describe(imageRef, 'The image that is chosen.'),
    observedPreviousRef: describe(imageRef, 'The image that was chosen before.'),
  },
  statusDefault,
);

/** Chooses one of the tags of an image. */
export const imagePolicyKind = defineKind({
  group: IMAGE_GROUP,
  version: 'v1',
  kind: 'ImagePolicy',
  plural: 'imagepolicies',
  shortNames: ['imgpol', 'imagepol'],
  category: 'fluxcd-images',
  description: 'Chooses one of the tags of an image.',
  columns: [
    columns.at('Image', '.status.latestRef.name'),
    columns.at('Tag', '.status.latestRef.tag'),
    columns.ready,
    columns.status,
    columns.age,
  ],
  spec,
  status,
});

/** An ImagePolicy as the API server serves it. @public */
export type ImagePolicy = ObjectOf<typeof imagePolicyKind>;
