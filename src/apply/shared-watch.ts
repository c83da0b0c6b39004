import type { Client } from '../kube/client.ts';
import { ApiError, isNotFound } from '../kube/errors.ts';
import type { KubeObject, ResourceType } from '../kube/object.ts';
import { mapLimited, withDeadline } from '../lib/async.ts';
import type { Clock, Timer } from '../lib/clock.ts';

/** Which part of a kind is watched. */
export interface WatchScope {
  readonly namespace?: string;
  readonly name?: string;
  readonly labelSelector?: string;
}

export interface Subscriber {
  /** `namespace/name` of the objects it follows; undefined for all in scope. */
  readonly keys: ReadonlySet<string> | undefined;
  /** What a followed object is now; undefined when there is none. Also called once for each after the first list. */
  changed(key: string, object: KubeObject | undefined): void;
  /** The followed objects may not be read; what they were is not known any more. */
  refused?(error: ApiError): void;
  /** All followed objects have been told once. */
  synced?(): void;
}

export interface SharedWatchOptions {
  readonly client: Client;
  readonly type: ResourceType;
  readonly scope: WatchScope;
  readonly clock: Clock;
  /** Pause between two looks where watching is not allowed. */
  readonly pollMs: number;
  /** The last subscriber has left. */
  readonly onIdle: () => void;
}

const requestMs = 30_000;
const pollConcurrency = 4;

export function keyOfObject(object: {
  readonly metadata: { readonly namespace?: string; readonly name: string };
}): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

/**
 * One watch for everybody who looks at the same part of a kind. Only followed objects are kept, without their
 * managedFields. Where the identity may not watch (or the kind cannot be watched) the followed objects are read every
 * `pollMs` instead.
 */
export class SharedWatch {
  readonly #options: SharedWatchOptions;
  readonly #subscribers = new Set<Subscriber>();
  /** undefined until the first list. */
  #objects: Map<string, KubeObject> | undefined;
  #followed: ReadonlySet<string> | 'all' = new Set();
  #running: AbortController | undefined;
  #timer: Timer | undefined;
  #polls = false;

  constructor(options: SharedWatchOptions) {
    this.#options = options;
  }

  /** Follows objects until the returned function is called. */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber);
    if (this.#running === undefined || !this.#covers(subscriber)) this.#restart();
    else if (this.#objects !== undefined) this.#tellAll(subscriber, this.#objects);
    return () => {
      if (!this.#subscribers.delete(subscriber) || this.#subscribers.size > 0) return;
      this.#stop();
      this.#options.onIdle();
    };
  }

  #covers({ keys }: Subscriber): boolean {
    const followed = this.#followed;
    return followed === 'all' || (keys !== undefined && [...keys].every((key) => followed.has(key)));
  }

  /** A list is the only way to learn of objects that nobody followed so far. */
  #restart(): void {
    this.#stop();
    const all = [...this.#subscribers];
    this.#followed = all.some(({ keys }) => keys === undefined)
      ? 'all'
      : new Set(all.flatMap(({ keys }) => [...(keys ?? [])]));
    const running = new AbortController();
    this.#running = running;
    if (this.#polls) this.#poll(running.signal);
    else this.#watch(running.signal);
  }

  #stop(): void {
    this.#running?.abort();
    this.#timer?.cancel();
    this.#running = undefined;
    this.#objects = undefined;
  }

  #watch(signal: AbortSignal): void {
    const { client, type, scope } = this.#options;
    const { name, ...rest } = scope;
    const fieldSelector = name === undefined ? {} : { fieldSelector: `metadata.name=${name}` };
    client.watch<KubeObject>(
      type,
      { ...rest, ...fieldSelector, signal, trim: trimmed },
      {
        replace: (objects) => {
          if (!signal.aborted) this.#replace(new Map(objects.map((object) => [keyOfObject(object), object])));
        },
        upsert: (object) => {
          if (!signal.aborted) this.#set(keyOfObject(object), object);
        },
        remove: (object) => {
          if (!signal.aborted) this.#set(keyOfObject(object), undefined);
        },
        error: (error) => {
          if (signal.aborted) return;
          if (mayNotWatch(error)) this.#fallBack();
          // The kind is not served any more: its objects went with it.
          else if (isNotFound(error)) this.#replace(new Map());
        },
      },
    );
  }

  #fallBack(): void {
    this.#polls = true;
    this.#restart();
  }

  #poll(signal: AbortSignal): void {
    const again = (): void => {
      if (signal.aborted) return;
      this.#timer = this.#options.clock.setTimeout(() => this.#poll(signal), this.#options.pollMs);
    };
    this.#read(signal).then(
      (objects) => {
        if (!signal.aborted && objects !== undefined) this.#replace(objects);
        again();
      },
      (error: unknown) => {
        if (!signal.aborted && isRefusal(error)) this.#refuse(error);
        again();
      },
    );
  }

  #refuse(error: ApiError): void {
    this.#objects = undefined;
    for (const subscriber of this.#subscribers) subscriber.refused?.(error);
  }

  /** The followed objects by single reads; undefined when what is followed is not known by name. */
  async #read(signal: AbortSignal): Promise<Map<string, KubeObject> | undefined> {
    const { client, type } = this.#options;
    if (this.#followed === 'all') return undefined;
    const found = await mapLimited([...this.#followed], pollConcurrency, async (key) => {
      const [namespace = '', name = ''] = key.split('/');
      try {
        return await client.get(type, namespace === '' ? { name } : { name, namespace }, {
          signal: withDeadline(signal, requestMs),
        });
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    });
    return new Map(found.flatMap((object) => (object === undefined ? [] : [[keyOfObject(object), object]])));
  }

  #replace(objects: ReadonlyMap<string, KubeObject>): void {
    const kept = new Map<string, KubeObject>();
    for (const [key, object] of objects) if (this.#follows(key)) kept.set(key, object);
    const before = this.#objects;
    this.#objects = kept;
    for (const subscriber of this.#subscribers) {
      if (before === undefined) this.#tellAll(subscriber, kept);
      else for (const key of new Set([...before.keys(), ...kept.keys()])) tell(subscriber, key, kept.get(key));
    }
  }

  #set(key: string, object: KubeObject | undefined): void {
    if (this.#objects === undefined || !this.#follows(key)) return;
    if (object === undefined) this.#objects.delete(key);
    else this.#objects.set(key, object);
    for (const subscriber of this.#subscribers) tell(subscriber, key, object);
  }

  #follows(key: string): boolean {
    return this.#followed === 'all' || this.#followed.has(key);
  }

  #tellAll(subscriber: Subscriber, objects: ReadonlyMap<string, KubeObject>): void {
    for (const key of subscriber.keys ?? objects.keys()) subscriber.changed(key, objects.get(key));
    subscriber.synced?.();
  }
}

function tell(subscriber: Subscriber, key: string, object: KubeObject | undefined): void {
  if (subscriber.keys === undefined || subscriber.keys.has(key)) subscriber.changed(key, object);
}

function trimmed(object: KubeObject): KubeObject {
  const { managedFields: _fields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function mayNotWatch(error: Error): boolean {
  return isRefusal(error) || (error instanceof ApiError && error.isMethodNotSupported);
}

function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.isForbidden || error.isUnauthorized);
}
