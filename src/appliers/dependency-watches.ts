import type { WaitHandle } from '../apply/waiter.ts';
import type { ObjectKey } from '../kube/object.ts';
import { keyText } from '../runtime/work-queue.ts';

/** Watches on what objects wait for and the caches do not have, in memory: at most one set for each. */
export class DependencyWatches {
  readonly #watches = new Map<string, { readonly what: string; readonly handles: readonly WaitHandle[] }>();

  /** Watches what `begin` does, unless the object watches the same already: `what` tells. */
  keep(key: ObjectKey, what: string, begin: () => readonly WaitHandle[]): void {
    if (this.#watches.get(keyText(key))?.what === what) return;
    this.end(key);
    this.#watches.set(keyText(key), { what, handles: begin() });
  }

  /** Stops watching. Does nothing when nothing is watched. */
  end(key: ObjectKey): void {
    for (const handle of this.#watches.get(keyText(key))?.handles ?? []) handle.close();
    this.#watches.delete(keyText(key));
  }

  /** Stops watching altogether. */
  close(): void {
    for (const { handles } of this.#watches.values()) for (const handle of handles) handle.close();
    this.#watches.clear();
  }
}
