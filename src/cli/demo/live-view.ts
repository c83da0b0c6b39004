import type { Client } from '../../kube/client.ts';
import type { KubeObject, ResourceType } from '../../kube/object.ts';
import { seconds } from './narrator.ts';

/** `old` is absent for an object that is new, `current` for one that is gone. */
export interface ViewChange<T> {
  readonly old?: T;
  readonly current?: T;
}

export interface ViewOptions<T> {
  readonly signal: AbortSignal;
  /** All namespaces when absent. */
  readonly namespace?: string;
  /** One line on the state of an object, for whoever waited for another state. */
  describe(object: T): string;
  /** Called for each change, those included that the first list brings. */
  readonly onChange?: (change: ViewChange<T>) => void;
}

export interface WaitOptions {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
}

/** All objects of a kind, kept equal to the cluster by a watch until the signal is aborted. */
export class LiveView<T extends KubeObject = KubeObject> {
  readonly #type: ResourceType;
  readonly #options: ViewOptions<T>;
  readonly #waiters = new Set<() => void>();
  #objects: ReadonlyMap<string, T> = new Map();

  constructor(client: Pick<Client, 'watch'>, type: ResourceType, options: ViewOptions<T>) {
    this.#type = type;
    this.#options = options;
    const { signal, namespace } = options;
    client.watch<T>(
      type,
      { signal, ...(namespace === undefined ? {} : { namespace }) },
      {
        replace: (objects) => this.#become(new Map(objects.map((object) => [keyOf(object), object]))),
        upsert: (object) => this.#become(new Map(this.#objects).set(keyOf(object), object)),
        remove: (object) => this.#become(new Map([...this.#objects].filter(([key]) => key !== keyOf(object)))),
      },
    );
  }

  /** By `namespace/name`, or by name for kinds without namespaces. */
  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  get all(): readonly T[] {
    return [...this.#objects.values()];
  }

  /**
   * Resolves with what `test` gives as soon as that is something. Throws after the deadline, with the state of all
   * objects of the kind, or when the signal is aborted, with its reason.
   *
   * @param what what is waited for, for the error's message: `apps-staging to be ready`.
   */
  async until<R>(what: string, test: (view: this) => R | undefined | false, options: WaitOptions): Promise<R> {
    const { signal, deadlineMs } = options;
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    const look = (): void => {
      const found = test(this);
      if (found !== undefined && found !== false) resolve(found);
    };
    const onAbort = (): void => reject(signal.reason);
    const timer = setTimeout(() => reject(new Error(this.#inVain(what, deadlineMs))), deadlineMs);
    this.#waiters.add(look);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      if (signal.aborted) onAbort();
      look();
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(look);
      signal.removeEventListener('abort', onAbort);
    }
  }

  #inVain(what: string, deadlineMs: number): string {
    const states = this.all.map((object) => `  ${keyOf(object)}: ${this.#options.describe(object)}`);
    const seen = states.length === 0 ? ['  none'] : states;
    return [`waited ${seconds(deadlineMs)} for ${what}; last seen of ${this.#type.plural}:`, ...seen].join('\n');
  }

  #become(objects: ReadonlyMap<string, T>): void {
    const before = this.#objects;
    this.#objects = objects;
    const { onChange } = this.#options;
    if (onChange !== undefined) {
      for (const [key, old] of before) if (!objects.has(key)) onChange({ old });
      for (const [key, current] of objects) {
        const old = before.get(key);
        if (old !== current) onChange({ current, ...(old === undefined ? {} : { old }) });
      }
    }
    for (const look of this.#waiters) look();
  }
}

function keyOf({ metadata: { namespace, name } }: KubeObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
