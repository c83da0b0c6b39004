import { conditionsField } from '../meta/condition.ts';
import { DURATION, localObjectReference, reconcileStatus, statusDefault, suspend, text } from '../meta/fields.ts';
import { NOTIFICATION_GROUP } from '../meta/names.ts';
import { array, object, string } from '../schema/builders.ts';
import { columns } from '../schema/columns.ts';
import { defineKind, type ObjectOf } from '../schema/kind.ts';
import { required } from '../schema/schema.ts';
import { objectReference } from './object-reference.ts';

const oidcProvider = object('An issuer of tokens that is trusted.', {
  audience: string('What the token must be meant for. Default: `notification-controller`.'),
  issuerURL: required(string('Address of the issuer, as its tokens name it.', { pattern: '^https?://' })),
  validations: required(
    array(
      'What must hold for a token, all of it.',
      object('One thing that must hold.', {
        expression: required(string('CEL over the claims and variables.')),
        message: required(string('What the log of the controller says when it does not hold.')),
      }),
      { minItems: 1 },
    ),
  ),
  variables: array(
    'Values to use in `validations`.',
    object('One value.', {
      expression: required(string('CEL over the claims.')),
      name: required(string('Name of the value.')),
    }),
  ),
});

const spec = object(
  'Who may call, and what that wakes.',
  {
    events: array('Kinds of events to react to. Without any, all.', text),
    interval: string('How often to look at the Secret again.', { pattern: DURATION, default: '10m' }),
    oidcProviders: array('Issuers of tokens that are trusted, for the type `generic-oidc`.', oidcProvider, {
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['issuerURL'],
    }),
    resourceFilter: string(
      'CEL over the body of the call, `req`, the metadata of an object, `res`, and with `generic-oidc` the `claims` of the token, that tells whether the object is woken.',
    ),
    resources: required(
      array(
        'The objects to wake.',
        objectReference('Objects of one kind.', {
          filter: string('As `resourceFilter`, for these objects only. Both must hold.'),
        }),
      ),
    ),
    secretRef: localObjectReference(
      'Secret with the `token` by which callers prove themselves; for the type `gcr` also `email` and `audience`.',
    ),
    suspend,
    type: required(
      string('Who calls, and thereby how calls look and prove themselves.', {
        enum: [
          'generic',
          'generic-hmac',
          'generic-oidc',
          'github',
          'gitlab',
          'bitbucket',
          'harbor',
          'dockerhub',
          'quay',
          'gcr',
          'nexus',
          'acr',
          'cdevents',
        ],
      }),
    ),
  },
  {
    rules: [
      {
        rule: "self.type != 'generic-oidc' || (has(self.oidcProviders) && size(self.oidcProviders) > 0)",
        message: 'generic-oidc receivers must define at least one oidcProvider',
      },
      {
        rule: "self.type == 'generic-oidc' || !has(self.oidcProviders) || size(self.oidcProviders) == 0",
        message: 'oidcProviders can only be set when type is generic-oidc',
      },
      {
        rule: "self.type != 'generic-oidc' || !has(self.secretRef)",
        message: 'secretRef cannot be set when type is generic-oidc',
      },
      {
        rule: "self.type == 'generic-oidc' || has(self.secretRef)",
        message: 'secretRef is required when type is not generic-oidc',
      },
    ],
  },
);

const status = object(
  'Where to call.',
  {
    conditions: conditionsField,
    ...reconcileStatus,
    webhookPath: string('Path to call. Keep it secret: for some types nothing else protects it.'),
  },
  statusDefault,
);

/** A webhook whose calls wake other objects. */
export const receiverKind = defineKind({
  group: NOTIFICATION_GROUP,
  version: 'v1',
  kind: 'Receiver',
  plural: 'receivers',
  category: 'fluxcd-notifications',
  description: 'A webhook whose calls wake other objects.',
  columns: [columns.age, columns.ready, columns.status],
  spec,
  status,
});

/** A Receiver as the API server serves it. @public */
export type Receiver = ObjectOf<typeof receiverKind>;
