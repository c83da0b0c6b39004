import type { WaitHandle } from '../../../apply/waiter.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import { requestedAt } from '../../../runtime/predicates.ts';
import { keyText } from '../../../runtime/work-queue.ts';
import type { Run } from './run.ts';

/** A revision that is in the cluster and whose objects are not all healthy yet. */
export interface HealthWait {
  readonly run: Run;
  readonly handle: WaitHandle;
  /** When the wait began and when it is over, milliseconds since the epoch. */
  readonly startedAt: number;
  readonly deadline: number;
  /** The last health check before this one had passed. */
  readonly wasHealthy: boolean;
}

/**
 * Who waits for what, in memory: the next reconcile of the same state goes on with the wait, any other state ends it
 * (ADR 3).
 */
export class HealthWaits {
  readonly #waits = new Map<string, HealthWait & { readonly state: string }>();

  /** The wait to go on with: one for the same generation, revision and request. */
  current(object: Kustomization, revision: string): HealthWait | undefined {
    const wait = this.#waits.get(keyText(object.metadata));
    return wait?.state === stateOf(object, revision) ? wait : undefined;
  }

  /** The wait that the object has, whatever it is for. */
  any(object: Kustomization): HealthWait | undefined {
    return this.#waits.get(keyText(object.metadata));
  }

  begin(object: Kustomization, wait: HealthWait): void {
    this.end(object.metadata);
    this.#waits.set(keyText(object.metadata), { ...wait, state: stateOf(object, wait.run.source.artifact.revision) });
  }

  /** Stops watching. Does nothing when there is no wait. */
  end(key: ObjectKey): void {
    this.#waits.get(keyText(key))?.handle.close();
    this.#waits.delete(keyText(key));
  }

  /** Ends all waits. */
  close(): void {
    for (const { handle } of this.#waits.values()) handle.close();
    this.#waits.clear();
  }
}

/** What a wait is for: another state of any of these must be reconciled at once. */
function stateOf(object: Kustomization, revision: string): string {
  return JSON.stringify([object.metadata.uid, object.metadata.generation, revision, requestedAt(object)]);
}
