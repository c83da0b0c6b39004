import type { Client } from '../kube/client.ts';
import type { KubeObject, ObjectKey, PartialObject, ResourceType } from '../kube/object.ts';
import type { Logger } from './logging.ts';
import type { Change } from './predicates.ts';
import { keyText } from './work-queue.ts';

export interface InformerOptions<T extends PartialObject> {
  readonly client: Client;
  readonly type: ResourceType;
  readonly labelSelector?: string;
  /** All namespaces when absent. */
  readonly namespace?: string;
  /** Hold `PartialObjectMetadata` only. */
  readonly metadataOnly?: boolean;
  /**
   * Leaves out of each object what nobody reads, before it is kept; by default its managed fields, unless they are
   * what is asked for with `metadataOnly`. A status must stay whole where it is written: see {@link writeStatus}.
   */
  trim?(object: T): T;
  readonly log: Logger;
}

type Handler<T> = (change: Change<T>) => void;

interface Index<T> {
  readonly valuesOf: (object: T) => readonly string[];
  readonly keys: Map<string, Set<string>>;
}

/**
 * All objects of a kind, kept current by a watch. Reading it costs no request. What it holds may be a moment old;
 * it never goes back in time.
 */
export class Informer<T extends PartialObject = KubeObject> {
  readonly type: ResourceType;
  /** Resolves when the first list is in. */
  readonly synced: Promise<void>;
  readonly #options: InformerOptions<T>;
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, Index<T>>();
  readonly #handlers: Handler<T>[] = [];
  readonly #trim: (object: T) => T;
  readonly #resolveSynced: () => void;
  #isSynced = false;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.#trim = options.trim ?? (options.metadataOnly === true ? (object) => object : withoutManagedFields);
    this.type = options.type;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.synced = promise;
    this.#resolveSynced = resolve;
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(keyText(key));
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  /** Lets {@link byIndex} find objects by what `valuesOf` says of them. */
  addIndex(name: string, valuesOf: (object: T) => readonly string[]): void {
    const index: Index<T> = { valuesOf, keys: new Map() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) addToIndex(index, key, object);
  }

  /** The objects that have `value` in an index. Throws RangeError when there is no such index. */
  byIndex(name: string, value: string): T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new RangeError(`no index ${name} on ${this.type.plural}`);
    return [...(index.keys.get(value) ?? [])].flatMap((key) => this.#objects.get(key) ?? []);
  }

  /** Calls `handler` after each change, in the order in which handlers were given. It must not throw, nor wait. */
  onChange(handler: Handler<T>): void {
    this.#handlers.push(handler);
  }

  /** Lists and watches until `signal` is aborted. */
  start(signal: AbortSignal): void {
    const { client, type, labelSelector, namespace, metadataOnly, log } = this.#options;
    client.watch<T>(
      type,
      {
        signal,
        ...(labelSelector === undefined || labelSelector === '' ? {} : { labelSelector }),
        ...(namespace === undefined ? {} : { namespace }),
        ...(metadataOnly === undefined ? {} : { metadataOnly }),
        trim: this.#trim,
      },
      {
        replace: (objects) => this.#replace(objects),
        upsert: (object) => this.#upsert(object),
        remove: (object) => this.#remove(keyText(object.metadata)),
        error: (error) => {
          const level = this.#isSynced ? 'debug' : 'error';
          log[level]({ error, resource: type.plural, group: type.group }, 'Watch interrupted');
        },
      },
    );
  }

  #replace(objects: readonly T[]): void {
    const gone = new Set(this.#objects.keys());
    for (const object of objects) {
      gone.delete(keyText(object.metadata));
      this.#upsert(object, !this.#isSynced);
    }
    for (const key of gone) this.#remove(key);
    if (this.#isSynced) return;
    this.#isSynced = true;
    this.#resolveSynced();
  }

  #upsert(current: T, initial = false): void {
    const key = keyText(current.metadata);
    const old = this.#objects.get(key);
    if (old !== undefined && old.metadata.resourceVersion === current.metadata.resourceVersion) return;
    if (old !== undefined) this.#unindex(key, old);
    this.#objects.set(key, current);
    for (const index of this.#indexes.values()) addToIndex(index, key, current);
    this.#tell({ ...(old === undefined ? {} : { old }), current, ...(initial ? { initial } : {}) });
  }

  #remove(key: string): void {
    const old = this.#objects.get(key);
    if (old === undefined) return;
    this.#objects.delete(key);
    this.#unindex(key, old);
    this.#tell({ old });
  }

  #unindex(key: string, object: T): void {
    for (const index of this.#indexes.values()) {
      for (const value of index.valuesOf(object)) {
        const keys = index.keys.get(value);
        keys?.delete(key);
        if (keys?.size === 0) index.keys.delete(value);
      }
    }
  }

  #tell(change: Change<T>): void {
    for (const handler of this.#handlers) {
      try {
        handler(change);
      } catch (error) {
        this.#options.log.error({ error, resource: this.type.plural }, 'Change handler failed');
      }
    }
  }
}

function addToIndex<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.valuesOf(object)) {
    const keys = index.keys.get(value);
    if (keys === undefined) index.keys.set(value, new Set([key]));
    else keys.add(key);
  }
}

function withoutManagedFields<T extends PartialObject>(object: T): T {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
