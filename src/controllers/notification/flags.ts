import { featureGatesFlag, notificationGates } from '../../runtime/feature-gates.ts';
import { booleanFlag, durationFlag, type FlagValues, stringFlag } from '../../runtime/flag-types.ts';
import { addressRangesFlag } from './provider/address-ranges-flag.ts';

const ownFlags = {
  receiverAddr: stringFlag('receiverAddr', ':9292', 'Where the webhooks of Receivers are served; 0 turns them off.'),
  rateLimitIntervalMs: durationFlag(
    'rate-limit-interval',
    '5m',
    'How long an event that is the same as an earlier one is refused.',
    { minMs: 1 },
  ),
  exportHttpPathMetrics: booleanFlag(
    'export-http-path-metrics',
    false,
    'Tell the full path of requests in the metrics of the two servers: a series for each, and the paths of Receivers are secret.',
  ),
  noCrossNamespaceRefs: booleanFlag(
    'no-cross-namespace-refs',
    false,
    'Refuse references to objects of other namespaces.',
  ),
  denyProviderAddresses: addressRangesFlag(
    'deny-provider-addresses',
    'Ranges of addresses (CIDR) that Providers may not call, beside those of metadata services, which are always refused.',
  ),
  defaultServiceAccount: stringFlag(
    'default-service-account',
    '',
    'The ServiceAccount whose cloud identity Providers use that name none. Needs the feature gate ObjectLevelWorkloadIdentity.',
  ),
} as const;

/** The flags of the notification-controller beside those that all controllers have (notification-controller main.go). */
export const notificationFlags = {
  eventServerAddr: stringFlag('events-addr', ':9090', 'Where events of the controllers are taken; 0: nowhere.'),
  ...ownFlags,
} as const;

/**
 * The same for a process that hosts all controllers: there, `--events-addr` is where the others send their events, and
 * port 9090 is that of the artifacts.
 */
export const hostedNotificationFlags = {
  eventServerAddr: stringFlag(
    'event-server-addr',
    '127.0.0.1:9091',
    'Where events are taken; the controllers of this process send theirs there unless --events-addr says otherwise. 0: nowhere.',
  ),
  ...ownFlags,
} as const;

export const notificationGatesFlag = featureGatesFlag(notificationGates);

/** The values of {@link notificationFlags}: durations in milliseconds. */
export type NotificationFlags = FlagValues<typeof notificationFlags>;

export type NotificationGates = typeof notificationGatesFlag.default;
