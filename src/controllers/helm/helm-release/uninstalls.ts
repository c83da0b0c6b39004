import type { ObjectKey } from '../../../kube/object.ts';
import { keyText } from '../../../runtime/work-queue.ts';
import type { ActionRun } from './action-run.ts';
import type { Snapshot } from './snapshot.ts';

/** An uninstall under way, with what it holds. */
export interface Uninstall extends Disposable {
  readonly action: ActionRun;
  /** The release as it was before. */
  readonly current: Snapshot;
}

/** The uninstalls under way, in memory: at most one for each HelmRelease. */
export class Uninstalls {
  readonly #all = new Map<string, Uninstall>();

  get(key: ObjectKey): Uninstall | undefined {
    return this.#all.get(keyText(key));
  }

  keep(key: ObjectKey, uninstall: Uninstall): Uninstall {
    this.#all.set(keyText(key), uninstall);
    return uninstall;
  }

  /** It is over: what it held is let go. Does nothing when there is none. */
  end(key: ObjectKey): void {
    const uninstall = this.#all.get(keyText(key));
    this.#all.delete(keyText(key));
    uninstall?.[Symbol.dispose]();
  }

  /** Ends all where they stand: the next process begins them anew. */
  async close(reason: unknown): Promise<void> {
    const all = [...this.#all.values()];
    for (const { action } of all) action.abort(reason);
    await Promise.all(all.map(({ action }) => action.over()));
    for (const uninstall of all) uninstall[Symbol.dispose]();
    this.#all.clear();
  }
}
