import type { KubeObject } from '../kube/object.ts';
import { formatDuration, parseDuration } from '../lib/duration.ts';
import { errorMessage } from '../lib/errors.ts';
import { isRecord, jsonEqual } from '../lib/json.ts';
import { redact } from '../lib/redact.ts';
import { isApiTrouble } from './api-trouble.ts';
import { findCondition, isReady, keepTransitionTimes, removeConditions, setCondition } from './conditions.ts';
import { Fault } from './fault.ts';
import type { EventInput, Outcome } from './outcome.ts';
import type { KindPolicy } from './policies.ts';
import {
  finish,
  generationOf,
  reconciling,
  type Status,
  setReady,
  statusOf,
  withFacts,
  withFailure,
  withFaultCondition,
  withRetryReason,
  withSummary,
} from './status.ts';

export interface SettleInput {
  /** The object as it was when the attempt began. */
  readonly object: KubeObject;
  /** The status that the API server has. */
  readonly written: Status;
  /** The status with all that the attempt learned. */
  readonly draft: Status;
  /** How the attempt ended: an outcome, or what was thrown. */
  readonly end: { readonly outcome: Outcome } | { readonly thrown: unknown };
  /** The process is stopping, and the attempt was cut short by that. */
  readonly stopping?: boolean;
  readonly startedAt: number;
  readonly now: number;
  /** `--requeue-dependency`. */
  readonly dependencyIntervalMs: number;
  /** Event metadata that the attempt gave to all its events. */
  readonly eventMetadata?: Readonly<Record<string, string>>;
  jitter?(ms: number): number;
}

/** What follows from an attempt. Whoever calls {@link settle} writes, records, logs and requeues. */
export interface Settled {
  readonly status: Status;
  readonly events: readonly EventInput[];
  /** `backoff`: the queue's exponential delay. `none`: only when woken. */
  readonly requeue: { readonly afterMs: number } | 'backoff' | 'none';
  readonly log: { readonly level: 'info' | 'error'; readonly message: string; readonly error?: unknown };
  /** An error nobody foresaw: it is logged with its stack, and counted. */
  readonly bug?: Error;
  readonly stalled?: true;
  /** The status is soon replaced, mostly: it need not be written at once. */
  readonly linger?: true;
}

/**
 * Turns the end of an attempt into conditions, events and the time of the next one, under the kind's policy. Pure.
 *
 * Follows kustomize-controller (finalizeStatus and the branches of Reconcile in kustomization_controller.go) and
 * source-controller (internal/reconcile/reconcile.go, ComputeReconcileResult, and summarize/summary.go):
 * a failure keeps the Reconciling condition of its last step and turns its reason into ProgressingWithRetry;
 * `status.observedGeneration` moves only when the generation ended ready or stalled; the requested time is echoed
 * with every end.
 */
export function settle(policy: KindPolicy, input: SettleInput): Settled {
  const { end } = input;
  if (input.stopping) return stopped(input);
  if ('outcome' in end) {
    return end.outcome.state === 'ready' ? ready(policy, input, end.outcome) : progressing(policy, input, end.outcome);
  }
  const { thrown } = end;
  if (!(thrown instanceof Fault)) return unexpected(policy, input, thrown);
  switch (thrown.faultClass) {
    case 'stalled':
      return stalled(policy, input, thrown);
    case 'waiting':
      return waiting(policy, input, thrown);
    case 'retry':
      return retry(policy, input, thrown);
    case 'aborted':
      return superseded(policy, input, thrown);
  }
}

function ready(policy: KindPolicy, input: SettleInput, outcome: Outcome): Settled {
  if (policy.draftsReady === true) return drafted(input, outcome);
  const { object, now } = input;
  const generation = generationOf(object);
  const draft = withFacts(input.draft, outcome.status, outcome.conditions, generation, now);
  const over = outcome.conditions?.map(({ type }) => type as string) ?? [];
  const failures = (policy.summary?.negative ?? []).filter((type) => !over.includes(type));
  let conditions = removeConditions(draft.conditions ?? [], 'Reconciling', 'Stalled', ...failures);
  if (policy.summary === undefined) {
    const reason = outcome.reason ?? policy.readyReason;
    conditions = setReady(conditions, 'True', reason, outcome.message ?? '', generation, now);
  } else {
    conditions = withSummary(policy, conditions, generation, now);
  }
  const status = finish({ ...draft, conditions, observedGeneration: generation }, object, input.written);
  if (!isReady(status.conditions ?? [])) return notReadyAfterAll(input, status, outcome);
  const interval = intervalMs(object);
  const took = formatDuration(now - (outcome.startedAt ?? input.startedAt));
  const next = interval === undefined ? '' : `, next run in ${formatDuration(interval)}`;
  const message = `Reconciliation finished in ${took}${next}`;
  const before = statusOf(object);
  const told = policy.successEvent && isNews(policy, before, status);
  const audience = hadSucceeded(policy, before) ? { audience: 'endpoint' as const } : {};
  return {
    status,
    events: [
      ...(outcome.events ?? []).map((event) => withMetadata(input, event)),
      ...(told ? [withMetadata(input, { message, metadata: { commit_status: 'update' }, ...audience })] : []),
    ],
    requeue: afterInterval(input, outcome.requeueAfterMs, interval),
    log: { level: 'info', message },
  };
}

/** Success of a kind that has set its conditions itself. */
function drafted(input: SettleInput, outcome: Outcome): Settled {
  const { object, now } = input;
  const generation = generationOf(object);
  const draft = withFacts(input.draft, outcome.status, outcome.conditions, generation, now);
  const interval = outcome.requeueAfterMs ?? intervalMs(object);
  const next = interval === undefined ? '' : `, next run in ${formatDuration(interval)}`;
  return {
    status: finish({ ...draft, observedGeneration: generation }, object, input.written),
    events: (outcome.events ?? []).map((event) => withMetadata(input, event)),
    requeue: afterInterval(input, outcome.requeueAfterMs, interval),
    log: { level: 'info', message: `Reconciliation finished in ${formatDuration(now - input.startedAt)}${next}` },
  };
}

/** Success whose conditions say otherwise (a signature that was not verified): tried again, as summary.go does. */
function notReadyAfterAll(input: SettleInput, status: Status, outcome: Outcome): Settled {
  const message = findCondition(status.conditions ?? [], 'Ready')?.message ?? '';
  return {
    status,
    events: (outcome.events ?? []).map((event) => withMetadata(input, event)),
    requeue: 'backoff',
    log: { level: 'error', message: 'Reconciliation left the object not ready', error: message },
  };
}

function progressing(policy: KindPolicy, input: SettleInput, outcome: Outcome): Settled {
  const { object, now } = input;
  const generation = generationOf(object);
  const draft = withFacts(input.draft, outcome.status, outcome.conditions, generation, now);
  let conditions = draft.conditions ?? [];
  if (outcome.message !== undefined) {
    const reason = outcome.reason ?? 'Progressing';
    conditions = setCondition(conditions, reconciling(reason, outcome.message), generation, now);
  }
  if (policy.draftsReady !== true)
    conditions = setReady(conditions, 'Unknown', 'Progressing', 'Reconciliation in progress', generation, now);
  const written = input.written.conditions ?? [];
  return {
    status: { ...draft, conditions: keepTransitionTimes(conditions, written) },
    events: (outcome.events ?? []).map((event) => withMetadata(input, event)),
    requeue: afterInterval(input, outcome.requeueAfterMs, intervalMs(object)),
    log: { level: 'info', message: outcome.message ?? `Reconciliation of ${policy.readyReason} in progress` },
    linger: true,
  };
}

function stalled(policy: KindPolicy, input: SettleInput, fault: Fault): Settled {
  const { object, now } = input;
  const generation = generationOf(object);
  let conditions = withFaultCondition(input.draft.conditions ?? [], fault, generation, now);
  const { reason } = fault;
  const message = redact(fault.message);
  conditions = setCondition(conditions, { type: 'Stalled', status: 'True', reason, message }, generation, now);
  if (fault.options.drafted !== true)
    conditions = withFailure(policy, conditions, fault.reason, message, generation, now);
  const observed = policy.unobservedReasons.includes(fault.reason) ? {} : { observedGeneration: generation };
  return {
    status: finish({ ...input.draft, ...observed, conditions }, object, input.written),
    events: faultEvents(input, fault, 'error'),
    requeue: fault.options.retryAfterMs === undefined ? 'none' : { afterMs: fault.options.retryAfterMs },
    log: { level: 'error', message: 'Reconciliation stalled', error: fault },
    stalled: true,
  };
}

function waiting(policy: KindPolicy, input: SettleInput, fault: Fault): Settled {
  const afterMs = fault.options.retryAfterMs ?? input.dependencyIntervalMs;
  const text = `retrying in ${formatDuration(afterMs)}`;
  const known = policy.waitingEvents === 'trace' ? undefined : policy.waitingEvents[fault.reason];
  const told = fault.options.event === undefined && known !== undefined ? `${known}, ${text}` : undefined;
  const silent = policy.waitingEvents !== 'trace' && known === undefined && fault.options.event === undefined;
  return {
    status: failed(policy, input, fault),
    events: silent ? [] : faultEvents(input, fault, policy.waitingEvents === 'trace' ? 'trace' : 'info', told),
    requeue: { afterMs },
    log: { level: 'info', message: `${redact(fault.message)}, ${text}` },
  };
}

function retry(policy: KindPolicy, input: SettleInput, fault: Fault): Settled {
  const afterMs = fault.options.retryAfterMs ?? retryIntervalMs(input.object);
  const backoff =
    fault.options.backoff === true || (policy.retry === 'backoff' && fault.options.retryAfterMs === undefined);
  const requeue = backoff || afterMs === undefined ? 'backoff' : { afterMs };
  const took = formatDuration(input.now - input.startedAt);
  const next = requeue === 'backoff' ? 'after backoff' : `in ${formatDuration(requeue.afterMs)}`;
  return {
    status: failed(policy, input, fault),
    events: faultEvents(input, fault, 'error'),
    requeue,
    log: { level: 'error', message: `Reconciliation failed after ${took}, next try ${next}`, error: fault },
  };
}

function superseded(policy: KindPolicy, input: SettleInput, fault: Fault): Settled {
  return {
    status: failed(policy, input, fault),
    events: faultEvents(input, fault, 'info'),
    requeue: { afterMs: fault.options.retryAfterMs ?? 0 },
    log: { level: 'info', message: redact(fault.message) },
  };
}

/** A bug, or an error that no step made a fault of. The user sees it like a failure; conflicts stay silent. */
function unexpected(policy: KindPolicy, input: SettleInput, thrown: unknown): Settled {
  const fault = new Fault('retry', policy.unexpectedReason, redact(errorMessage(thrown)), {
    backoff: true,
    cause: thrown,
  });
  const bug = isApiTrouble(thrown) ? undefined : thrown instanceof Error ? thrown : fault;
  return { ...retry(policy, input, fault), ...(bug === undefined ? {} : { bug }) };
}

/** Facts are kept; conditions stay as they were, because nothing is known of how the attempt would have ended. */
function stopped({ draft, written }: SettleInput): Settled {
  const { conditions: _, ...facts } = draft;
  const { conditions } = written;
  return {
    status: conditions === undefined ? facts : { ...facts, conditions },
    events: [],
    requeue: 'none',
    log: { level: 'info', message: 'Reconciliation ended by shutdown' },
  };
}

function failed(policy: KindPolicy, input: SettleInput, fault: Fault): Status {
  const { object, now, draft } = input;
  const generation = generationOf(object);
  if (fault.options.drafted === true) return finish(draft, object, input.written);
  let conditions = withFaultCondition(removeConditions(draft.conditions ?? [], 'Stalled'), fault, generation, now);
  if (policy.draftsReady === true) {
    conditions = setReady(conditions, 'False', fault.reason, redact(fault.message), generation, now);
  } else if (policy.summary === undefined) {
    conditions = setReady(conditions, 'False', fault.reason, redact(fault.message), generation, now);
    conditions = withRetryReason(conditions, generation, now);
  } else {
    conditions = withRetryReason(conditions, generation, now);
    conditions = withFailure(policy, conditions, fault.reason, redact(fault.message), generation, now);
  }
  return finish({ ...draft, conditions }, object, input.written);
}

function faultEvents(
  input: SettleInput,
  { reason, message, options }: Fault,
  severity: 'trace' | 'info' | 'error',
  told?: string,
): readonly EventInput[] {
  if (options.event === false) return [];
  const text = redact(told ?? options.event ?? message);
  return [withMetadata(input, { severity, reason, message: text, metadata: options.eventMetadata ?? {} })];
}

function withMetadata({ eventMetadata }: SettleInput, event: EventInput): EventInput {
  return { ...event, metadata: { ...eventMetadata, ...event.metadata } };
}

/** Whether a success changed what a reader of the status can see. Differs from Flux: it tells each one (ADR 0011). */
function isNews(policy: KindPolicy, before: Status, status: Status): boolean {
  return (
    !isReady(before.conditions ?? []) ||
    before.observedGeneration !== status.observedGeneration ||
    before.lastHandledReconcileAt !== status.lastHandledReconcileAt ||
    policy.notableFields.some((field) => !jsonEqual(before[field], status[field]))
  );
}

/**
 * Whether the run before this one succeeded too, and nothing failed since. Ready is Unknown while a run is under way,
 * and then the history knows. Differs from Flux: the cluster gets no Event for a success after a success (ADR 16).
 */
function hadSucceeded({ readyReason }: KindPolicy, before: Status): boolean {
  const ready = findCondition(before.conditions ?? [], 'Ready');
  if (ready === undefined || ready.status === 'False') return false;
  const history = before['history'];
  const last: unknown = Array.isArray(history) ? history[0] : undefined;
  return ready.status === 'True' || (isRecord(last) && last['lastReconciledStatus'] === readyReason);
}

function afterInterval(
  { jitter }: SettleInput,
  explicitMs: number | undefined,
  interval: number | undefined,
): Settled['requeue'] {
  if (explicitMs !== undefined) return { afterMs: explicitMs };
  if (interval === undefined) return 'none';
  return { afterMs: jitter === undefined ? interval : jitter(interval) };
}

/** `spec.interval` in milliseconds; undefined when the kind has none, or it is none. */
function intervalMs(object: KubeObject): number | undefined {
  return durationField(object, 'interval');
}

function retryIntervalMs(object: KubeObject): number | undefined {
  return durationField(object, 'retryInterval') ?? intervalMs(object);
}

function durationField(object: KubeObject, field: string): number | undefined {
  const spec = object['spec'];
  const text = isRecord(spec) ? spec[field] : undefined;
  if (typeof text !== 'string') return undefined;
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}
