import type { WaitHandle } from '../../../apply/waiter.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import { keyText } from '../../../runtime/work-queue.ts';

/** Deletions whose end is waited for, in memory: by Kustomization, what watches the objects go. */
export class Terminations {
  readonly #handles = new Map<string, WaitHandle>();

  get(key: ObjectKey): WaitHandle | undefined {
    return this.#handles.get(keyText(key));
  }

  begin(key: ObjectKey, handle: WaitHandle): void {
    this.end(key);
    this.#handles.set(keyText(key), handle);
  }

  /** Stops watching. Does nothing when nothing is waited for. */
  end(key: ObjectKey): void {
    this.#handles.get(keyText(key))?.close();
    this.#handles.delete(keyText(key));
  }

  /** Stops watching altogether. */
  close(): void {
    for (const handle of this.#handles.values()) handle.close();
    this.#handles.clear();
  }
}
