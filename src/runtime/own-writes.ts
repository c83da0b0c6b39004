import type { KubeObject, ObjectKey } from '../kube/object.ts';
import type { Change } from './predicates.ts';
import { keyText } from './work-queue.ts';

/** What {@link OwnWrites} needs of a cache; an {@link Informer} is one. */
export interface ObjectCache<T extends KubeObject> {
  get(key: ObjectKey): T | undefined;
  onChange(handler: (change: Change<T>) => void): void;
}

/**
 * A cache laid under our own last writes. The watch brings what we wrote a moment later; until then a reconcile
 * would act on an older object, and with it on an older inventory. Resource versions of one kind grow, so the newer
 * of the two is known (KEP-5504).
 */
export class OwnWrites<T extends KubeObject> {
  readonly #cache: ObjectCache<T>;
  readonly #written = new Map<string, T>();

  constructor(cache: ObjectCache<T>) {
    this.#cache = cache;
    cache.onChange(({ old, current }) => this.#seen(old, current));
  }

  /** The newest known state of an object; undefined when it does not exist. */
  get(key: ObjectKey): T | undefined {
    return this.#written.get(keyText(key)) ?? this.#cache.get(key);
  }

  /** Keeps what the server answered to a write of ours until the watch has brought it. */
  record(object: T): void {
    const key = keyOf(object);
    const cached = this.#cache.get(key);
    if (cached !== undefined && !isNewer(object, cached)) return;
    this.#written.set(keyText(key), object);
  }

  /** Forgets our writes to an object that the server says is gone. */
  forget(key: ObjectKey): void {
    this.#written.delete(keyText(key));
  }

  #seen(old: T | undefined, current: T | undefined): void {
    const object = current ?? old;
    if (object === undefined) return;
    const text = keyText(object.metadata);
    const written = this.#written.get(text);
    if (written === undefined) return;
    if (current === undefined || !isNewer(written, current)) this.#written.delete(text);
  }
}

function isNewer(a: KubeObject, b: KubeObject): boolean {
  return version(a) > version(b);
}

function version({ metadata: { resourceVersion = '0' } }: KubeObject): bigint {
  return /^\d+$/.test(resourceVersion) ? BigInt(resourceVersion) : 0n;
}

function keyOf({ metadata: { name, namespace } }: KubeObject): ObjectKey {
  return namespace === undefined ? { name } : { name, namespace };
}
