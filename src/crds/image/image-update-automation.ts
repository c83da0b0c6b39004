import { conditionsField } from '../meta/condition.ts';
import { duration, localObjectReference, reconcileStatus, statusDefault, suspend, text } from '../meta/fields.ts';
import { IMAGE_GROUP } from '../meta/names.ts';
import { array, map, object, string } from '../schema/builders.ts';
import { columns } from '../schema/columns.ts';
import { defineKind, type ObjectOf } from '../schema/kind.ts';
import { required } from '../schema/schema.ts';
import { gitReference } from '../source/git-reference.ts';
import { imageRef } from './image-ref.ts';

const commit = object('What commits look like.', {
  author: required(
    object('Who commits.', {
      email: required(string('Address of the author.')),
      name: string('Name of the author.'),
    }),
  ),
  messageTemplate: string('Go template of the message, over `.AutomationObject`, `.Changed` and `.Values`.'),
  messageTemplateValues: map('What the template finds in `.Values`.', text),
  signingKey: object('The key to sign with. Without it, commits are not signed.', {
    secretRef: required(
      localObjectReference('Secret with the key: `git.asc` and `passphrase`, or for SSH `identity` and `password`.'),
    ),
    type: string('The kind of key. Default: `gpg`.', { enum: ['gpg', 'ssh'] }),
  }),
});

const git = object('What to check out, commit and push.', {
  checkout: object('What to check out, when not what the GitRepository says.', { ref: required(gitReference) }),
  commit: required(commit),
  push: object('Where to push, when not to the branch that was checked out.', {
    branch: string('Branch to push to. It is made when it does not exist.'),
    options: map('Options for the server that takes the push.', text),
    refspec: string('Another reference to push to, as `source:destination`.'),
  }),
});

const policySelector = object(
  'Which ImagePolicies of the namespace are used. Default: all.',
  {
    matchExpressions: array(
      'Requirements, all of which must be met.',
      object('A requirement.', {
        key: required(string('The label it is about.')),
        operator: required(string('`In`, `NotIn`, `Exists` or `DoesNotExist`.')),
        values: array('The values for `In` and `NotIn`.', text, { 'x-kubernetes-list-type': 'atomic' }),
      }),
      { 'x-kubernetes-list-type': 'atomic' },
    ),
    matchLabels: map('Labels that must be there, all of them.', text),
  },
  { 'x-kubernetes-map-type': 'atomic' },
);

const spec = object('What to change in which repository, and how often.', {
  git,
  interval: required(duration('How often to look for changes.')),
  policySelector,
  sourceRef: required(
    object('The GitRepository to write to. Its address, credentials, proxy and timeout are used.', {
      apiVersion: string('Group and version of the source.'),
      kind: required(string('Kind of the source.', { enum: ['GitRepository'], default: 'GitRepository' })),
      name: required(string('Name of the source.')),
      namespace: string('Namespace of the source. Default: that of this object.'),
    }),
  ),
  suspend,
  update: object(
    'How files are changed.',
    {
      path: string('Directory to change files in. Default: the root of the repository.'),
      strategy: string('How the places to change are found: by the marker comments (`Setters`).', {
        enum: ['Setters'],
        default: 'Setters',
      }),
    },
    { default: { strategy: 'Setters' } },
  ),
});

const status = object(
  'What was pushed last.',
  {
    conditions: conditionsField,
    lastAutomationRunTime: string('When this last ran.', { format: 'date-time' }),
    ...reconcileStatus,
    lastPushCommit: string('The commit that was last pushed.'),
    lastPushTime: string('When a commit was last pushed.', { format: 'date-time' }),
    observedPolicies: map('The ImagePolicies that were used, and what each had chosen.', imageRef),
    observedSourceRevision: string('The revision of the source that was used.'),
  },
  statusDefault,
);

/** Writes the images that ImagePolicies choose into a Git repository. */
export const imageUpdateAutomationKind = defineKind({
  group: IMAGE_GROUP,
  version: 'v1',
  kind: 'ImageUpdateAutomation',
  plural: 'imageupdateautomations',
  shortNames: ['iua', 'imgupd', 'imgauto'],
  category: 'fluxcd-images',
  description: 'Writes the images that ImagePolicies choose into a Git repository.',
  columns: [columns.ready, columns.status, columns.at('Last run', '.status.lastAutomationRunTime'), columns.age],
  spec,
  status,
});

/** An ImageUpdateAutomation as the API server serves it. @public */
export type ImageUpdateAutomation = ObjectOf<typeof imageUpdateAutomationKind>;
