import type { Condition } from '../crds/meta/condition.ts';
import type { Reason } from '../crds/meta/reasons.ts';
import type { KubeObject } from '../kube/object.ts';
import { isRecord } from '../lib/json.ts';
import { redact } from '../lib/redact.ts';
import {
  type ConditionInput,
  findCondition,
  isTrue,
  keepTransitionTimes,
  removeConditions,
  setCondition,
  summarize,
} from './conditions.ts';
import type { Fault } from './fault.ts';
import type { ConditionChange, StatusFacts } from './outcome.ts';
import type { KindPolicy } from './policies.ts';
import { requestedAt } from './predicates.ts';

/** The status of an object, as far as the runtime knows it. */
export interface Status {
  readonly conditions?: readonly Condition[];
  readonly observedGeneration?: number;
  readonly lastHandledReconcileAt?: string;
  readonly [field: string]: unknown;
}

/**
 * The status of an object that is not reconciled, because it is suspended or cannot be deleted yet: the requested time
 * is echoed. A source is summed up anew for its generation; a Kustomization that is Ready has observed its generation, a
 * HelmRelease any (as Flux has it).
 */
export function settleUntouched(policy: KindPolicy, object: KubeObject, now: number): Status {
  const status = statusOf(object);
  const generation = object.metadata.generation ?? 0;
  const before = status.conditions ?? [];
  if (policy.draftsReady === true) return finish({ ...status, observedGeneration: generation }, object, status);
  if (policy.summary === undefined) {
    if (isTrue(before, 'Ready')) {
      const conditions = removeConditions(before, 'Reconciling');
      return finish({ ...status, conditions, observedGeneration: generation }, object, status);
    }
    const failed = findCondition(before, 'Ready')?.status === 'False';
    const conditions = failed ? withRetryReason(before, generation, now) : before;
    return finish({ ...status, conditions }, object, status);
  }
  const retried = withRetryReason(removeConditions(before, 'Stalled'), generation, now);
  const conditions = withSummary(policy, retried, generation, now);
  const observed = conditions.length === 0 ? {} : { observedGeneration: generation };
  return finish({ ...status, ...observed, conditions }, object, status);
}

/** The status that an object carries; an empty one when there is none. */
export function statusOf(object: KubeObject): Status {
  const status = object['status'];
  return isRecord(status) ? (status as Status) : {};
}

/** `draft` with further facts and conditions in it. */
export function withFacts(
  draft: Status,
  facts: StatusFacts | undefined,
  changes: readonly ConditionChange[] | undefined,
  generation: number,
  now: number,
): Status {
  let conditions = draft.conditions ?? [];
  for (const change of changes ?? []) {
    conditions =
      change.status === 'absent'
        ? removeConditions(conditions, change.type)
        : setCondition(conditions, change, generation, now);
  }
  const next: Record<string, unknown> = { ...draft, ...facts };
  for (const [field, value] of Object.entries(next)) if (value === undefined) delete next[field];
  return conditions.length === 0 && draft.conditions === undefined ? next : { ...next, conditions };
}

/** Ready=False: set, or summed up; a summary that is not False for another reason is overruled. */
export function withFailure(
  policy: KindPolicy,
  conditions: readonly Condition[],
  reason: Reason,
  message: string,
  generation: number,
  now: number,
): readonly Condition[] {
  const summary = policy.summary === undefined ? undefined : summarize(conditions, policy.summary);
  if (summary !== undefined && summary.status === 'False' && summary.reason !== 'ProgressingWithRetry') {
    return setCondition(conditions, summary, generation, now);
  }
  return setReady(conditions, 'False', reason, message, generation, now);
}

export function withFaultCondition(
  conditions: readonly Condition[],
  fault: Fault,
  generation: number,
  now: number,
): readonly Condition[] {
  const type = fault.options.condition;
  if (type === undefined) return conditions;
  const input: ConditionInput = { type, status: 'True', reason: fault.reason, message: redact(fault.message) };
  return setCondition(conditions, input, generation, now);
}

/** A Reconciling condition beside a failure says that it is tried again; its message stays that of the last step. */
export function withRetryReason(
  conditions: readonly Condition[],
  generation: number,
  now: number,
): readonly Condition[] {
  const found = findCondition(conditions, 'Reconciling');
  if (found === undefined) return conditions;
  return setCondition(conditions, reconciling('ProgressingWithRetry', found.message), generation, now);
}

export function withSummary(
  policy: KindPolicy,
  conditions: readonly Condition[],
  generation: number,
  now: number,
): readonly Condition[] {
  const summary = policy.summary === undefined ? undefined : summarize(conditions, policy.summary);
  return summary === undefined ? conditions : setCondition(conditions, summary, generation, now);
}

/** The requested time is echoed, and conditions that ended where they were keep their time. */
export function finish(status: Status, object: KubeObject, written: Status): Status {
  const asked = requestedAt(object);
  const { conditions = [], ...facts } = status;
  const none = conditions.length === 0 && written.conditions === undefined;
  return {
    ...facts,
    ...(none ? {} : { conditions: keepTransitionTimes(conditions, written.conditions ?? []) }),
    ...(asked === undefined ? {} : { lastHandledReconcileAt: asked }),
  };
}

export function setReady(
  conditions: readonly Condition[],
  status: Condition['status'],
  reason: Reason,
  message: string,
  generation: number,
  now: number,
): readonly Condition[] {
  return setCondition(conditions, { type: 'Ready', status, reason, message }, generation, now);
}

export function generationOf(object: KubeObject): number {
  return object.metadata.generation ?? 0;
}

export function reconciling(reason: Reason, message: string): ConditionInput {
  return { type: 'Reconciling', status: 'True', reason, message };
}
