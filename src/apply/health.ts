import type { Client } from '../kube/client.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { ApplyError } from './apply-error.ts';
import type { ObjectStatus } from './kstatus-fields.ts';
import { type ObjectRef, parseId, subjectOf } from './object-ref.ts';
import type { StatusWaiter, WatchObjectsOptions } from './waiter.ts';

export interface HealthRules {
  /** The first failure ends the wait; else only when nothing is in progress any more. Flux's default is true. */
  readonly failFast?: boolean;
  /** Inventory ids of Jobs that delete themselves when done: when absent, they are. */
  readonly jobsWithTtl?: ReadonlySet<string>;
}

export type Health = 'healthy' | 'waiting' | 'failed';

/**
 * What statuses (by inventory id) mean for whoever waits for all of them
 * (fluxcd/pkg ssa/manager_wait.go, WaitForSetWithContext).
 */
export function healthOf(
  statuses: ReadonlyMap<string, ObjectStatus>,
  { failFast = true, jobsWithTtl }: HealthRules = {},
): Health {
  const found = [...statuses].map(([id, status]) => (isGoneJob(id, status, jobsWithTtl) ? 'Current' : status.status));
  if (found.every((status) => status === 'Current')) return 'healthy';
  const hasFailed = found.includes('Failed');
  return hasFailed && (failFast || found.every((status) => status === 'Current' || status === 'Failed'))
    ? 'failed'
    : 'waiting';
}

/** Upstream's sentence about the objects that are not healthy, in the order of their names. */
export function healthMessage(
  statuses: ReadonlyMap<string, ObjectStatus>,
  { timedOut, jobsWithTtl }: HealthRules & { readonly timedOut: boolean },
): string {
  const lines = [...statuses].flatMap(([id, status]) => {
    if (isGoneJob(id, status, jobsWithTtl)) return [];
    const line = healthLine(subjectOf(parseId(id, '')), status, timedOut);
    return line === undefined ? [] : [line];
  });
  return `${timedOut ? 'timeout waiting for' : 'failed early due to stalled resources'}: [${lines.sort().join(', ')}]`;
}

function healthLine(subject: string, { status, message }: ObjectStatus, timedOut: boolean): string | undefined {
  if (status === 'Unknown' && message === '') return `can't determine status for ${subject}`;
  if (status !== 'Failed' && (!timedOut || status === 'Current')) return undefined;
  return `${subject} status: '${status}'${status === 'Unknown' ? `: ${message}` : ''}`;
}

function isGoneJob(id: string, { status }: ObjectStatus, jobs: ReadonlySet<string> | undefined): boolean {
  return status === 'NotFound' && jobs?.has(id) === true;
}

export interface WaitForOptions extends HealthRules, Pick<WatchObjectsOptions, 'status'> {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/**
 * Waits until all objects are current. Throws {@link ApplyError} when one failed or the time is over, and the reason
 * of `signal` when that is aborted.
 */
export async function waitForCurrent(
  waiter: StatusWaiter,
  client: Client,
  refs: readonly ObjectRef[],
  { timeoutMs, signal, clock = systemClock, status, ...rules }: WaitForOptions,
): Promise<void> {
  if (refs.length === 0) return;
  const { promise, resolve } = Promise.withResolvers<'settled' | 'timeout' | 'aborted'>();
  const handle = waiter.watchObjects(client, refs, {
    ...(status === undefined ? {} : { status }),
    onChange: () => {
      if (healthOf(handle.statuses(), rules) !== 'waiting') resolve('settled');
    },
  });
  const timer = clock.setTimeout(() => resolve('timeout'), timeoutMs);
  const onAbort = (): void => resolve('aborted');
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const ending = await promise;
    if (ending === 'aborted') throw signal.reason;
    const statuses = handle.statuses();
    if (healthOf(statuses, rules) === 'healthy') return;
    throw new ApplyError(healthMessage(statuses, { ...rules, timedOut: ending === 'timeout' }), { step: 'wait' });
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', onAbort);
    handle.close();
  }
}
