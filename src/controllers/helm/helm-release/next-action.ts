import { type History, newestFive, previousOf, truncated } from './history.ts';
import type { Snapshot } from './snapshot.ts';
import type { ReleaseAction, Remediation } from './spec.ts';
import type { ReleaseState } from './state.ts';

/** What is done about the state of a release. */
export type Action =
  | { readonly name: 'install' | 'upgrade' | 'test' | 'unlock' | 'uninstall' | 'correct cluster drift' }
  | { readonly name: 'rollback'; readonly to: Snapshot | undefined };

/**
 * Kinds of actions: in one go, each is done once at most, and nothing follows a remedy (internal/reconcile/reconcile.go).
 */
export type ActionType = 'release' | 'remediate' | 'test' | 'unlock' | 'drift correction';

export const actionTypes: Readonly<Record<Action['name'], ActionType>> = {
  install: 'release',
  upgrade: 'release',
  test: 'test',
  unlock: 'unlock',
  rollback: 'remediate',
  uninstall: 'remediate',
  'correct cluster drift': 'drift correction',
};

/** What is known beside the state. */
export interface Situation {
  readonly history: History;
  /** The last action that made a release; undefined before the first. */
  readonly lastAction: ReleaseAction | undefined;
  readonly failures: Readonly<Record<ReleaseAction, number>>;
  readonly remediation: Readonly<Record<ReleaseAction, Remediation>>;
  /** The strategy of the last action is to try again without remedy. */
  readonly retries: boolean;
  /** A failed test is no failure of the release. */
  readonly ignoreTestFailures: boolean;
  /** Somebody asked for a release now, whatever is counted (annotation forceAt). */
  readonly forced: boolean;
  readonly drift: 'enabled' | 'warn' | 'disabled';
}

export interface Decision {
  /** `exhausted`: the retries are used up; undefined: nothing to do. */
  readonly action: Action | 'exhausted' | undefined;
  /** The history that is kept. */
  readonly history: History;
  /** For the log. */
  readonly why: string;
}

/**
 * What follows from the state of a release. Pure; the table beside the code (next-action.test.ts) has all transitions
 * (internal/reconcile/atomic_release.go, actionForState).
 */
export function nextAction(state: ReleaseState, situation: Situation): Decision {
  const { history, forced } = situation;
  const decide = (action: Decision['action'], why: string, kept: History = history): Decision => ({
    action,
    history: kept,
    why: state.reason === '' ? why : `${why}: ${state.reason}`,
  });
  switch (state.status) {
    case 'InSync': {
      const why = 'release in-sync with desired state';
      return decide(forced ? { name: 'upgrade' } : undefined, why, settled(situation));
    }
    case 'Locked':
      return decide({ name: 'unlock' }, 'release locked');
    case 'Absent':
      return decide(isSpent(situation, 'install') ? 'exhausted' : { name: 'install' }, 'release not installed');
    case 'Unmanaged':
      // The history tells of another release.
      return decide({ name: 'upgrade' }, 'release not managed by controller', []);
    case 'OutOfSync':
      return decide(
        isSpent(situation, 'upgrade') ? 'exhausted' : { name: 'upgrade' },
        'release out-of-sync with desired state',
      );
    case 'Drifted':
      return decide(
        situation.drift === 'enabled' ? { name: 'correct cluster drift' } : undefined,
        'detected changes in cluster state',
      );
    case 'Untested':
      return decide({ name: 'test' }, 'release has not been tested');
    case 'Failed':
      return afterFailure(situation, decide);
  }
}

/** A failed release: tried again, remedied, or left. */
function afterFailure(
  situation: Situation,
  decide: (action: Decision['action'], why: string, kept?: History) => Decision,
): Decision {
  const { history, lastAction, failures, forced, retries } = situation;
  const why = 'release is in a failed state';
  if (retries) return decide({ name: 'upgrade' }, why, newestFive(history));
  // Nothing was counted: what it failed under has changed, or another controller made it.
  if (lastAction === undefined || failures[lastAction] <= 0 || forced) return decide({ name: 'upgrade' }, why);
  const remediation = situation.remediation[lastAction];
  if (areSpent(remediation, failures[lastAction]) && !remediation.remediateLastFailure) return decide('exhausted', why);
  const kept = truncated(history, remediation.ignoreTestFailures);
  if (remediation.strategy === 'uninstall') return decide({ name: 'uninstall' }, why, kept);
  return decide({ name: 'rollback', to: previousOf(kept, remediation.ignoreTestFailures) }, why, kept);
}

/** Whether the retries of an action are used up, and nobody asked for another one. */
function isSpent({ failures, remediation, forced }: Situation, action: ReleaseAction): boolean {
  return areSpent(remediation[action], failures[action]) && !forced;
}

/** Whether there were more failures than retries. */
export function areSpent({ retries }: Remediation, failures: number): boolean {
  return retries >= 0 && failures > retries;
}

/** What is kept of the history of a release that is as it should be. */
function settled({ history, ignoreTestFailures, retries }: Situation): History {
  return retries ? newestFive(history) : truncated(history, ignoreTestFailures);
}
