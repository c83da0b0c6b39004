import type { Condition } from '../crds/meta/condition.ts';

type Conditions = readonly Condition[];

/** A condition without what {@link setCondition} fills in. */
export interface ConditionInput {
  readonly type: string;
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

const maxMessageLength = 32_768;

/** The condition of a type, if there is one. */
export function findCondition(conditions: Conditions, type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

/** Whether the condition of a type is there and True. */
export function isTrue(conditions: Conditions, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/** Whether Ready is True and nothing is under way or stalled (fluxcd/pkg runtime/conditions, IsReady). */
export function isReady(conditions: Conditions): boolean {
  return isTrue(conditions, 'Ready') && !isTrue(conditions, 'Reconciling') && !isTrue(conditions, 'Stalled');
}

/**
 * The list with one condition set for `generation`. The transition time moves only when status, reason or message
 * change. The order is Flux's: Stalled, Reconciling, Ready, then the others by newest generation and by name
 * (fluxcd/pkg runtime/conditions/setter.go). Setting Reconciling removes Stalled, and the other way round.
 */
export function setCondition(
  conditions: Conditions,
  input: ConditionInput,
  generation: number,
  now: number,
): Conditions {
  const message = trimmed(input.message);
  const old = findCondition(conditions, input.type);
  const unchanged = old !== undefined && sameState(old, { ...input, message });
  const condition: Condition = {
    type: input.type,
    status: input.status,
    reason: input.reason,
    message,
    observedGeneration: generation,
    lastTransitionTime: unchanged ? old.lastTransitionTime : timestamp(now),
  };
  const opposite = input.status === 'True' ? opposites[input.type] : undefined;
  const others = conditions.filter(({ type }) => type !== input.type && type !== opposite);
  return [...others, condition].sort(byWeight);
}

/** The list without the conditions of these types. */
export function removeConditions(conditions: Conditions, ...types: readonly string[]): Conditions {
  return conditions.filter((condition) => !types.includes(condition.type));
}

/** Gives conditions that were left and entered again since `written` the transition time they had there. */
export function keepTransitionTimes(conditions: Conditions, written: Conditions): Conditions {
  return conditions.map((condition) => {
    const before = findCondition(written, condition.type);
    if (before === undefined || !sameState(before, condition)) return condition;
    return { ...condition, lastTransitionTime: before.lastTransitionTime };
  });
}

/** How Ready follows from other conditions; the first in `order` that is in the worst group speaks for all. */
export interface SummaryRule {
  readonly order: readonly string[];
  /** Types for which True is bad. */
  readonly negative: readonly string[];
  /** Types whose False alone makes Ready False, with their reason. */
  readonly bipolar: readonly string[];
}

/**
 * Ready as the sum of the other conditions; undefined when there are none. Bad ones go before good ones: True of a
 * negative type, False, True, False of a negative type, Unknown (fluxcd/pkg runtime/conditions/merge.go, and for
 * bipolar types source-controller internal/reconcile/summarize/summary.go).
 */
export function summarize(conditions: Conditions, rule: SummaryRule): ConditionInput | undefined {
  for (const type of rule.bipolar) {
    const condition = findCondition(conditions, type);
    if (condition?.status === 'False') return readyFrom(condition, 'False');
  }
  const inScope = rule.order.flatMap((type) => findCondition(conditions, type) ?? []);
  let worst: Condition | undefined;
  let worstRank = Number.POSITIVE_INFINITY;
  for (const condition of inScope) {
    const rank = rankOf(condition, rule.negative.includes(condition.type));
    if (rank >= worstRank) continue;
    worst = condition;
    worstRank = rank;
  }
  if (worst === undefined) return undefined;
  return readyFrom(worst, worstRank < 2 ? 'False' : worstRank < 4 ? 'True' : 'Unknown');
}

/** RFC 3339 in whole seconds, as Kubernetes writes `metav1.Time`. */
export function timestamp(now: number): string {
  return `${new Date(now).toISOString().slice(0, 19)}Z`;
}

const opposites: Readonly<Record<string, string>> = { Reconciling: 'Stalled', Stalled: 'Reconciling' };

const weights: Readonly<Record<string, number>> = { Stalled: 0, Reconciling: 1, Ready: 2 };

function byWeight(a: Condition, b: Condition): number {
  const difference = (weights[a.type] ?? 3) - (weights[b.type] ?? 3);
  if (difference !== 0) return difference;
  const newest = (b.observedGeneration ?? 0) - (a.observedGeneration ?? 0);
  if (newest !== 0) return newest;
  return a.type < b.type ? -1 : 1;
}

function rankOf({ status }: Condition, negative: boolean): number {
  if (status === 'True') return negative ? 0 : 2;
  if (status === 'False') return negative ? 3 : 1;
  return 4;
}

function readyFrom({ reason, message }: Condition, status: Condition['status']): ConditionInput {
  return { type: 'Ready', status, reason, message };
}

function sameState(a: ConditionInput, b: ConditionInput): boolean {
  return a.status === b.status && a.reason === b.reason && a.message === b.message;
}

function trimmed(message: string): string {
  return message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength - 3)}...`;
}
