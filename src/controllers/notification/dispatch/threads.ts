import { createHash } from 'node:crypto';
import { alertExtensions } from '../alert/extensions.ts';
import type { AlertObject } from '../alert/sources.ts';
import { type NotificationEvent, revisionOf } from '../event.ts';
import type { Thread } from '../provider/thread.ts';

/** More threads are not remembered; what is said in the oldest ones then begins another. */
const maxKnown = 5000;

/** Remembers the first message of each thread, for Alerts that ask for threads. */
export class Threads {
  readonly #roots = new Map<string, string>();

  /** The thread of an event, as a Provider sends it for an Alert; undefined when the Alert asks for none. */
  of(alert: AlertObject, provider: { readonly uid?: string }, event: NotificationEvent): Thread | undefined {
    if (!alertExtensions(alert).extensions.threads) return undefined;
    const { kind, namespace, name } = event.involvedObject;
    const parts = [provider.uid, kind, namespace, name, revisionOf(event)];
    const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
    return {
      key,
      root: this.#roots.get(key),
      begin: (root) => {
        this.#roots.set(key, root);
        if (this.#roots.size > maxKnown) this.#roots.delete(this.#roots.keys().next().value ?? key);
      },
    };
  }
}
