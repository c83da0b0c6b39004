import { type Command, Option } from 'commander';
import {
  booleanFlag,
  choiceFlag,
  durationFlag,
  type Flag,
  type Flags,
  type FlagValues,
  integerFlag,
  numberFlag,
  stringFlag,
} from './flag-types.ts';
import { logEncodings, logLevels } from './logging.ts';

/** What differs between controllers in the flags that all have. */
export interface CommonDefaults {
  readonly concurrent: number;
  /** What `--requeue-dependency` is by default; `30s` but for source-watcher. */
  readonly requeueDependency?: string;
}

/** The flags that all controllers have, with Flux's names, defaults and meaning (section B of the Flux reference). */
export function commonFlags({ concurrent, requeueDependency = '30s' }: CommonDefaults) {
  return {
    ...reconcileFlags(concurrent, requeueDependency),
    ...addressFlags,
    ...watchFlags,
    ...apiFlags,
    ...leaderElectionFlags,
    ...logFlags,
  } as const;
}

/** The values of {@link commonFlags}: durations in milliseconds. */
export type CommonFlags = FlagValues<ReturnType<typeof commonFlags>>;

function reconcileFlags(concurrent: number, requeueDependency: string) {
  return {
    concurrent: integerFlag('concurrent', concurrent, 'How many objects of a kind are reconciled at once.', { min: 1 }),
    requeueDependencyMs: durationFlag(
      'requeue-dependency',
      requeueDependency,
      'How soon an object is looked at again that waits for something, if nothing wakes it before.',
      { minMs: 1 },
    ),
    minRetryDelayMs: durationFlag(
      'min-retry-delay',
      '750ms',
      'The delay before the first retry of an object that failed; doubled each time.',
      { minMs: 1 },
    ),
    maxRetryDelayMs: durationFlag(
      'max-retry-delay',
      '15m',
      'The longest delay between retries of an object that fails.',
      { minMs: 1 },
    ),
    intervalJitterPercentage: integerFlag(
      'interval-jitter-percentage',
      5,
      'By how many percent intervals are lengthened or shortened at random, so that objects do not come up all at once.',
      { max: 99 },
    ),
  } as const;
}

const addressFlags = {
  metricsAddr: stringFlag('metrics-addr', ':8080', 'Where metrics are served; 0 turns them off.', {
    env: 'METRICS_ADDR',
  }),
  healthAddr: stringFlag('health-addr', ':9440', 'Where /healthz and /readyz are served; 0 turns them off.'),
  eventsAddr: stringFlag('events-addr', '', 'URL that events are posted to, that of the notification-controller.', {
    env: 'EVENTS_ADDR',
  }),
} as const;

const watchFlags = {
  watchAllNamespaces: booleanFlag(
    'watch-all-namespaces',
    true,
    'Watch objects in all namespaces; if false, in that of the controller only.',
  ),
  watchLabelSelector: stringFlag(
    'watch-label-selector',
    '',
    'Watch only objects with matching labels, for example sharding.fluxcd.io/key=shard1.',
  ),
  watchConfigsLabelSelector: stringFlag(
    'watch-configs-label-selector',
    'reconcile.fluxcd.io/watch=Enabled',
    'Changes of ConfigMaps and Secrets with matching labels wake the objects that refer to them.',
  ),
} as const;

const apiFlags = {
  kubeApiQps: numberFlag('kube-api-qps', 50, 'How many requests a second are sent to the API server in the long run.'),
  kubeApiBurst: integerFlag(
    'kube-api-burst',
    300,
    'How many requests are sent to the API server at once after a pause.',
    { min: 1 },
  ),
  tokenCacheMaxSize: integerFlag(
    'token-cache-max-size',
    100,
    'How many access tokens of cloud providers are kept; 0 keeps none.',
  ),
  tokenCacheMaxDurationMs: durationFlag('token-cache-max-duration', '1h', 'How long an access token is kept at most.'),
} as const;

const leaderElectionFlags = {
  enableLeaderElection: booleanFlag(
    'enable-leader-election',
    false,
    'Take a lease first, so that only one replica works at a time.',
  ),
  leaderElectionReleaseOnCancel: booleanFlag(
    'leader-election-release-on-cancel',
    true,
    'Give the lease back on shutdown.',
  ),
  leaderElectionLeaseDurationMs: durationFlag(
    'leader-election-lease-duration',
    '35s',
    'How long others wait for a leader that is not heard of.',
    { minMs: 1000 },
  ),
  leaderElectionRenewDeadlineMs: durationFlag(
    'leader-election-renew-deadline',
    '30s',
    'How long a leader tries to renew its lease before it ends.',
    { minMs: 1 },
  ),
  leaderElectionRetryPeriodMs: durationFlag(
    'leader-election-retry-period',
    '5s',
    'How often the lease is tried for, and renewed.',
    { minMs: 1 },
  ),
} as const;

const logFlags = {
  logLevel: choiceFlag('log-level', logLevels, 'info', 'How much is logged.'),
  logEncoding: choiceFlag('log-encoding', logEncodings, 'json', 'How log lines are written.'),
} as const;

/** Adds `flags` to a command. `env` is where the defaults of flags that have a variable are looked up. */
export function addFlags(
  command: Command,
  flags: Flags,
  { group, env = {} }: { readonly group?: string; readonly env?: Readonly<Record<string, string | undefined>> } = {},
): Command {
  for (const [key, flag] of Object.entries(flags)) {
    const option = optionOf(flag, flag.env === undefined ? undefined : env[flag.env]);
    option.attributeName = () => key;
    if (group !== undefined) option.helpGroup(group);
    command.addOption(option);
  }
  return command;
}

/** The values of `flags` after `command` was parsed. Throws RangeError when values do not go together. */
export function flagValues<F extends Flags>(command: Command, flags: F): FlagValues<F> {
  const all = command.opts();
  const values = Object.fromEntries(Object.keys(flags).map((key) => [key, all[key]])) as FlagValues<F>;
  checkTogether(values);
  return values;
}

function optionOf(flag: Flag<unknown>, fromEnvironment: string | undefined): Option {
  const option = new Option(`--${flag.name} ${flag.takes === '' ? '[bool]' : `<${flag.takes}>`}`, flag.description);
  const isDefault = new WeakSet<object>();
  const start = fromEnvironment === undefined ? flag.default : flag.parse(fromEnvironment, undefined);
  if (typeof start === 'object' && start !== null) isDefault.add(start);
  if (flag.takes === '') option.preset('true');
  option.default(start, flag.defaultText === '' ? undefined : flag.defaultText);
  // A first use replaces the default; later uses add to what earlier ones gave, where the flag is a list.
  option.argParser((text: string, before: unknown) => {
    const first = typeof before !== 'object' || before === null || isDefault.has(before);
    return flag.parse(text, first ? undefined : before);
  });
  return option;
}

function checkTogether(values: Readonly<Record<string, unknown>>): void {
  const atMost = (smaller: string, larger: string, text: string): void => {
    const [a, b] = [values[smaller], values[larger]];
    if (typeof a === 'number' && typeof b === 'number' && a > b) throw new RangeError(text);
  };
  atMost('minRetryDelayMs', 'maxRetryDelayMs', '--min-retry-delay must not be longer than --max-retry-delay');
  const renew = '--leader-election-renew-deadline';
  atMost(
    'leaderElectionRenewDeadlineMs',
    'leaderElectionLeaseDurationMs',
    `${renew} must be shorter than --leader-election-lease-duration`,
  );
  atMost(
    'leaderElectionRetryPeriodMs',
    'leaderElectionRenewDeadlineMs',
    `--leader-election-retry-period must be shorter than ${renew}`,
  );
}
