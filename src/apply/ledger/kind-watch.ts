import type { Client } from '../../kube/client.ts';
import { ApiError } from '../../kube/errors.ts';
import type { PartialObject, ResourceType } from '../../kube/object.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Sighting } from './sighting.ts';

/** What a watch keeps of an object. */
export interface Seen<S = Sighting> extends PartialObject {
  readonly sighting: S;
}

export interface KindWatchOptions<S> {
  readonly client: Client;
  readonly type: ResourceType;
  /** All namespaces when absent. */
  readonly namespace?: string;
  readonly labelSelector: string;
  readonly clock: Clock;
  readonly reduce: (object: PartialObject) => S;
  /** The whole state, as of a resource version. */
  replace(seen: readonly Seen<S>[], resourceVersion: string): void;
  upsert(seen: Seen<S>): void;
  /** The object is gone, or has lost its label. */
  remove(seen: Seen<S>): void;
  /** The watch cannot be had (any more): forbidden, or the kind is not served. */
  ended(reason: 'refused' | 'unserved'): void;
}

/** What was allowed once is given up when it has been refused for so long. */
const refusalMs = 60_000;

/**
 * One metadata-only watch on the labelled objects of a kind. It is `live` from its first list on, until the server is
 * heard to be out of reach; then again when it answers.
 */
export class KindWatch<S = Sighting> {
  readonly #options: KindWatchOptions<S>;
  readonly #stopped = new AbortController();
  #synced = false;
  #reachable = true;
  #refusedAt: number | undefined;

  constructor(options: KindWatchOptions<S>) {
    this.#options = options;
    this.#run();
  }

  /** What it has told is the state of the cluster, but for what is on its way. */
  get live(): boolean {
    return this.#synced && this.#reachable && !this.#stopped.signal.aborted;
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** A server that has just started refuses and does not know what it allows and serves a moment later. */
  #mayPass(): boolean {
    const now = this.#options.clock.now();
    this.#refusedAt ??= now;
    return this.#synced && now - this.#refusedAt < refusalMs;
  }

  #run(): void {
    const { client, type, namespace, labelSelector, reduce, ended, ...handlers } = this.#options;
    const { signal } = this.#stopped;
    const told = <A extends readonly unknown[]>(fn: (...args: A) => void) => {
      return (...args: A): void => {
        if (!signal.aborted) fn(...args);
      };
    };
    client.watch<Seen<S>>(
      type,
      {
        signal,
        labelSelector,
        metadataOnly: true,
        ...(namespace === undefined ? {} : { namespace }),
        trim: (object) => reduced(object, reduce(object)),
      },
      {
        replace: told((seen: readonly Seen<S>[], resourceVersion = '') => {
          this.#synced = true;
          this.#reachable = true;
          this.#refusedAt = undefined;
          handlers.replace(seen, resourceVersion);
        }),
        upsert: told(handlers.upsert),
        remove: told(handlers.remove),
        resumed: told(() => {
          this.#reachable = true;
          this.#refusedAt = undefined;
        }),
        error: told((error: Error) => {
          this.#reachable = false;
          const reason = endOf(error);
          if (reason === undefined || this.#mayPass()) return;
          this.stop();
          ended(reason);
        }),
      },
    );
  }
}

function endOf(error: Error): 'refused' | 'unserved' | undefined {
  if (!(error instanceof ApiError)) return undefined;
  if (error.isNotFound) return 'unserved';
  return error.isForbidden || error.isUnauthorized || error.isMethodNotSupported ? 'refused' : undefined;
}

/** The object without all that nobody asks for again. */
function reduced<S>({ apiVersion, kind, metadata: { namespace, name } }: PartialObject, sighting: S): Seen<S> {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, sighting };
}
