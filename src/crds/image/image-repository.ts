import { conditionsField } from '../meta/condition.ts';
import {
  accessFrom,
  certSecretRef,
  duration,
  localObjectReference,
  proxySecretRef,
  reconcileStatus,
  shortDuration,
  statusDefault,
  suspend,
  text,
} from '../meta/fields.ts';
import { IMAGE_GROUP } from '../meta/names.ts';
import { array, boolean, integer, object, string } from '../schema/builders.ts';
import { columns } from '../schema/columns.ts';
import { defineKind, type ObjectOf } from '../schema/kind.ts';
import { required } from '../schema/schema.ts';

const spec = object('Which tags to list, how, and how often.', {
  accessFrom,
  certSecretRef,
  exclusionList: array('Regular expressions for tags to leave out.', text, {
    default: ['^.*\\.sig$'],
    maxItems: 25,
  }),
  image: required(string('The image, without tag.')),
  insecure: boolean('Whether the registry may be asked over plain HTTP.'),
  interval: required(duration('How often to list the tags.')),
  provider: string(
    'How to authenticate: with `secretRef` (`generic`), or by the identity of the workload at a cloud.',
    { enum: ['generic', 'aws', 'azure', 'gcp'], default: 'generic' },
  ),
  proxySecretRef,
  secretRef: localObjectReference('Secret of type `kubernetes.io/dockerconfigjson`.'),
  serviceAccountName: string(
    'ServiceAccount in the same namespace whose image pull secrets, or whose identity at the cloud, are used.',
    { maxLength: 253 },
  ),
  suspend,
  timeout: shortDuration('Limit for listing the tags. Default: `interval`.'),
});

const status = object(
  'What was found last.',
  {
    canonicalImageName: string('The image with the host of its registry, as it is asked for.'),
    conditions: conditionsField,
    ...reconcileStatus,
    lastScanResult: object('What the last listing gave.', {
      latestTags: array('The first tags in falling order, ten at most.', text),
      revision: string('Checksum of all tags.'),
      scanTime: string('When the tags were listed.', { format: 'date-time' }),
      tagCount: required(integer('How many tags there are.')),
    }),
    observedExclusionList: array('The `spec.exclusionList` that was used.', text),
  },
  statusDefault,
);

/** The tags of an image in a registry. */
export const imageRepositoryKind = defineKind({
  group: IMAGE_GROUP,
  version: 'v1',
  kind: 'ImageRepository',
  plural: 'imagerepositories',
  shortNames: ['imgrepo', 'imagerepo'],
  category: 'fluxcd-images',
  description: 'The tags of an image in a registry.',
  columns: [
    columns.at('Image', '.spec.image'),
    columns.at('Tags', '.status.lastScanResult.tagCount'),
    columns.ready,
    columns.status,
    columns.at('Last scan', '.status.lastScanResult.scanTime'),
    columns.age,
  ],
  spec,
  status,
});

/** An ImageRepository as the API server serves it. @public */
export type ImageRepository = ObjectOf<typeof imageRepositoryKind>;
