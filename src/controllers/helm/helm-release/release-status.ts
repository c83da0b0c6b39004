import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import type { ConditionType } from '../../../crds/meta/condition.ts';
import type { Reason } from '../../../crds/meta/reasons.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { findCondition } from '../../../runtime/conditions.ts';
import type { History } from './history.ts';
import type { ReleaseAction } from './spec.ts';

type Fields = NonNullable<HelmRelease['status']>;

/** The status of a HelmRelease as an attempt drafts it. */
export class ReleaseStatusDraft {
  readonly #attempt: AttemptContext;

  constructor(attempt: AttemptContext) {
    this.#attempt = attempt;
  }

  get fields(): Fields {
    // What the status holds was admitted by the schema, or recorded here.
    return this.#attempt.status as Fields;
  }

  get history(): History {
    return this.fields.history ?? [];
  }

  set history(history: History) {
    this.#attempt.record({ history: history.length === 0 ? undefined : history });
  }

  /** The last action that made a release. */
  get lastAction(): ReleaseAction | undefined {
    const { lastAttemptedReleaseAction: action } = this.fields;
    return action === 'install' || action === 'upgrade' ? action : undefined;
  }

  /** How often each action has failed since it was reset. */
  get failures(): Readonly<Record<ReleaseAction, number>> {
    const { installFailures = 0, upgradeFailures = 0 } = this.fields;
    return { install: installFailures, upgrade: upgradeFailures };
  }

  /** Counts a failure that left something to remedy. */
  countFailure(action: ReleaseAction): void {
    const field = action === 'install' ? 'installFailures' : 'upgradeFailures';
    this.#attempt.record({ [field]: this.failures[action] + 1 });
  }

  /** Counts any failure. */
  countAny(): void {
    this.#attempt.record({ failures: (this.fields.failures ?? 0) + 1 });
  }

  clearFailures(): void {
    this.#attempt.record({ failures: undefined, installFailures: undefined, upgradeFailures: undefined });
  }

  set(type: ConditionType, status: 'True' | 'False' | 'Unknown', reason: Reason, message: string): void {
    this.#attempt.record({}, [{ type, status, reason, message }]);
  }

  remove(...types: readonly ConditionType[]): void {
    this.#attempt.record(
      {},
      types.map((type) => ({ type, status: 'absent' as const })),
    );
  }

  condition(type: ConditionType) {
    return findCondition(this.#attempt.status.conditions ?? [], type);
  }

  isTrue(type: ConditionType): boolean {
    return this.condition(type)?.status === 'True';
  }
}
