import type { HealthRules } from '../../../appliers/health-rules.ts';
import type { LedgerSession } from '../../../apply/ledger/session.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import type { HeldTarget } from '../../../kube/target/target-clusters.ts';
import { keyText } from '../../../runtime/work-queue.ts';
import type { ChartInput } from '../actions/chart-input.ts';
import type { ReleaseStorage } from '../storage/release-storage.ts';
import type { ActionRun } from './action-run.ts';
import type { ActionType } from './next-action.ts';
import type { Values } from './values.ts';

/** The chart of a run, with what messages and snapshots tell of it. */
export interface RunChart {
  readonly input: ChartInput;
  readonly appVersion: string;
  /** Of the artifact; '' where the source tells none. */
  readonly ociDigest: string;
  readonly configDigest: string;
}

/** One go at a release: what it is made from, and which actions were done already. It may span several reconciles. */
export interface ReleaseRun extends Disposable {
  readonly generation: number;
  readonly chart: RunChart;
  readonly values: Values;
  readonly target: HeldTarget;
  readonly storage: ReleaseStorage;
  readonly session: LedgerSession;
  readonly health: HealthRules;
  readonly done: Set<ActionType>;
  /** The action under way, or over and not looked at yet. */
  current: ActionRun | undefined;
  /** Something that may concern the release has changed since the run began. */
  hasNews: boolean;
}

/** The runs under way, in memory: at most one for each HelmRelease. */
export class ReleaseRuns {
  readonly #runs = new Map<string, ReleaseRun>();

  get(key: ObjectKey): ReleaseRun | undefined {
    return this.#runs.get(keyText(key));
  }

  /** Keeps a run until it is over. */
  keep(key: ObjectKey, run: ReleaseRun): void {
    this.#runs.set(keyText(key), run);
  }

  /** The run is over: what it held is let go. Does nothing when there is none. */
  end(key: ObjectKey): void {
    const run = this.#runs.get(keyText(key));
    this.#runs.delete(keyText(key));
    run?.[Symbol.dispose]();
  }

  /** Ends all actions where they stand: the next process goes on from the storage. */
  async close(reason: unknown): Promise<void> {
    const runs = [...this.#runs.values()];
    for (const { current } of runs) current?.abort(reason);
    await Promise.all(runs.map(({ current }) => current?.over()));
    for (const run of runs) run[Symbol.dispose]();
    this.#runs.clear();
  }
}
