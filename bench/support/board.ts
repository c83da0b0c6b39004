import type { ClosableClient } from '../../src/kube/http-client.ts';
import type { KubeObject, ResourceType } from '../../src/kube/object.ts';

type Goal = (object: KubeObject) => boolean;

/** All objects of a kind in a namespace, by a watch, and when each of them reached a goal. */
export class Board {
  readonly #objects = new Map<string, KubeObject>();
  readonly #stop = new AbortController();
  #goal: Goal = () => false;
  #reached = new Map<string, number>();
  #changed: () => void = () => {};

  constructor(client: ClosableClient, type: ResourceType, namespace: string) {
    const upsert = (object: KubeObject): void => {
      this.#objects.set(object.metadata.name, object);
      this.#look(object);
      this.#changed();
    };
    client.watch<KubeObject>(
      type,
      { signal: this.#stop.signal, namespace },
      {
        replace: (objects) => {
          for (const object of objects) upsert(object);
        },
        upsert,
        remove: ({ metadata }) => {
          this.#objects.delete(metadata.name);
          this.#changed();
        },
        error: () => {},
      },
    );
  }

  /** From now on, objects are looked at with this goal. Those that fulfil it already have reached it now. */
  aim(goal: Goal): void {
    this.#goal = goal;
    this.#reached = new Map();
    for (const object of this.#objects.values()) this.#look(object);
  }

  /** Resolves when `count` objects have reached the goal; gives when each did, by `performance.now()`. */
  async reached(count: number, deadlineMs: number): Promise<readonly number[]> {
    await this.#until(
      () => this.#reached.size >= count,
      deadlineMs,
      () => `${this.#reached.size} of ${count} got there`,
    );
    return [...this.#reached.values()];
  }

  /** Resolves when no object is left. */
  async empty(deadlineMs: number): Promise<void> {
    await this.#until(
      () => this.#objects.size === 0,
      deadlineMs,
      () => `${this.#objects.size} are left`,
    );
  }

  close(): void {
    this.#stop.abort();
  }

  #look(object: KubeObject): void {
    const { name } = object.metadata;
    if (!this.#reached.has(name) && this.#goal(object)) this.#reached.set(name, performance.now());
  }

  async #until(test: () => boolean, deadlineMs: number, how: () => string): Promise<void> {
    if (test()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error(`after ${deadlineMs} ms, ${how()}`)), deadlineMs);
    this.#changed = () => {
      if (test()) resolve();
    };
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#changed = () => {};
    }
  }
}
