import {
  certSecretRef,
  duration,
  localObjectReference,
  proxySecretRef,
  shortDuration,
  suspend,
} from '../meta/fields.ts';
import { NOTIFICATION_GROUP } from '../meta/names.ts';
import { object, string } from '../schema/builders.ts';
import { columns } from '../schema/columns.ts';
import { defineKind, type ObjectOf } from '../schema/kind.ts';
import { required } from '../schema/schema.ts';

/** All places that events can be sent to, in the order in which Flux lists them. */
export const providerTypes = [
  'slack',
  'discord',
  'msteams',
  'rocket',
  'generic',
  'generic-hmac',
  'github',
  'gitlab',
  'gitea',
  'giteapullrequestcomment',
  'bitbucketserver',
  'bitbucket',
  'azuredevops',
  'googlechat',
  'googlepubsub',
  'webex',
  'sentry',
  'azureeventhub',
  'telegram',
  'lark',
  'matrix',
  'opsgenie',
  'alertmanager',
  'grafana',
  'githubdispatch',
  'githubpullrequestcomment',
  'gitlabmergerequestcomment',
  'pagerduty',
  'datadog',
  'nats',
  'zulip',
  'otel',
  'zoom',
  'incident.io',
] as const;

const spec = object(
  'Where to send events, and how.',
  {
    address: string('Address to send to; what it is depends on `type`. The entry `address` of the Secret wins.', {
      maxLength: 2048,
    }),
    certSecretRef,
    channel: string('Room, topic or the like; what it is depends on `type`.', { maxLength: 2048 }),
    commitStatusExpr: string(
      'CEL over `event`, `alert` and `provider` that gives the name of the commit status. Only for types that set one.',
    ),
    interval: duration('Deprecated, without effect.'),
    proxy: string('Deprecated: use `proxySecretRef`. Address of an HTTP proxy.', {
      pattern: '^(http|https)://.*$',
      maxLength: 2048,
    }),
    proxySecretRef,
    secretRef: localObjectReference(
      'Secret with credentials; which entries depends on `type`: `token`, `address`, `headers`, `username`, `password`, and others.',
    ),
    serviceAccountName: string(
      'ServiceAccount in the same namespace as which to ask the cloud for access. Only for types that live at one.',
    ),
    suspend: { ...suspend, description: 'Whether events for this provider are dropped.' },
    timeout: shortDuration('Limit for sending. Default: 15 seconds.'),
    type: required(string('What to send to.', { enum: providerTypes })),
    username: string('Name to send under.', { maxLength: 2048 }),
  },
  {
    rules: [
      {
        rule: "self.type == 'github' || self.type == 'gitlab' || self.type == 'gitea' || self.type == 'bitbucketserver' || self.type == 'bitbucket' || self.type == 'azuredevops' || !has(self.commitStatusExpr)",
        message:
          "spec.commitStatusExpr is only supported for the 'github', 'gitlab', 'gitea', 'bitbucketserver', 'bitbucket', 'azuredevops' provider types",
      },
    ],
  },
);

/** A place that events can be sent to. */
export const providerKind = defineKind({
  group: NOTIFICATION_GROUP,
  version: 'v1beta3',
  kind: 'Provider',
  plural: 'providers',
  category: 'fluxcd-notifications',
  description: 'A place that events can be sent to.',
  columns: [columns.age],
  spec,
});

/** A Provider as the API server serves it. @public */
export type Provider = ObjectOf<typeof providerKind>;
