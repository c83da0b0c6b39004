import { randomUUID } from 'node:crypto';
import type { KubeObject, ObjectKey, ResourceType } from '../../src/kube/object.ts';

/** A change to one object, as a watch tells it. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: ResourceType;
  readonly object: KubeObject;
  readonly resourceVersion: number;
}

/** A `metav1.Status` in the making; thrown by the store and sent by the server. */
export class StatusFailure extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: number, reason: string, message: string, details?: Readonly<Record<string, unknown>>) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toJSON(): object {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      code: this.code,
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }
}

/** The objects of a fake API server, with resource versions and the history that watches replay. */
export class FakeStore {
  /** Oldest resource version a watch or a continued list may start from. */
  oldest = 0;
  readonly #objects = new Map<string, KubeObject>();
  readonly #history: StoreEvent[] = [];
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  #version = 100;

  get version(): number {
    return this.#version;
  }

  /** Throws 410 when the history after `since` is not kept. */
  checkVersion(since: number): void {
    if (since >= this.oldest) return;
    throw new StatusFailure(410, 'Expired', `too old resource version: ${since} (${this.oldest})`);
  }

  /** Calls `listener` for each event after `since`, and for those to come; gives the way to stop it. */
  follow(since: number, listener: (event: StoreEvent) => void): () => void {
    for (const event of this.#history) if (event.resourceVersion > since) listener(event);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets history: who asks for anything older gets 410. */
  compact(): void {
    this.#version++;
    this.oldest = this.#version;
    this.#history.length = 0;
  }

  list(type: ResourceType, namespace?: string): KubeObject[] {
    const prefix = namespace === undefined ? `${keyOfType(type)}|` : `${keyOfType(type)}|${namespace}|`;
    return [...this.#objects]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  get(type: ResourceType, key: ObjectKey): KubeObject {
    const object = this.#objects.get(keyOf(type, key));
    if (object !== undefined) return object;
    throw new StatusFailure(404, 'NotFound', `${qualified(type)} ${JSON.stringify(key.name)} not found`, {
      name: key.name,
      group: type.group,
      kind: type.plural,
    });
  }

  find(type: ResourceType, key: ObjectKey): KubeObject | undefined {
    return this.#objects.get(keyOf(type, key));
  }

  /** Writes an object, whatever was there; gives it as stored. */
  put(type: ResourceType, object: KubeObject): KubeObject {
    const key = keyOf(type, object.metadata);
    const old = this.#objects.get(key);
    const generation = (old?.metadata.generation ?? 0) + (old !== undefined && sameBut(old, object) ? 0 : 1);
    const stored: KubeObject = {
      ...object,
      metadata: {
        ...object.metadata,
        uid: old?.metadata.uid ?? object.metadata.uid ?? randomUUID(),
        creationTimestamp: old?.metadata.creationTimestamp ?? '2026-01-02T03:04:05Z',
        generation,
        resourceVersion: String(++this.#version),
      },
    };
    this.#objects.set(key, stored);
    this.#tell(old === undefined ? 'ADDED' : 'MODIFIED', type, stored);
    return stored;
  }

  remove(type: ResourceType, key: ObjectKey): KubeObject {
    const old = this.get(type, key);
    this.#objects.delete(keyOf(type, key));
    const last = { ...old, metadata: { ...old.metadata, resourceVersion: String(++this.#version) } };
    this.#tell('DELETED', type, last);
    return last;
  }

  #tell(type: StoreEvent['type'], resource: ResourceType, object: KubeObject): void {
    const event = { type, resource, object, resourceVersion: this.#version };
    this.#history.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

/** `plural.group`, as messages have it. */
export function qualified({ plural, group }: ResourceType): string {
  return group === '' ? plural : `${plural}.${group}`;
}

/** One name per collection, over all its versions. */
export function keyOfType({ plural, group }: ResourceType): string {
  return `${plural}.${group}`;
}

function keyOf(type: ResourceType, { namespace, name }: ObjectKey): string {
  return `${keyOfType(type)}|${type.namespaced ? (namespace ?? '') : ''}|${name}`;
}

/** Whether only metadata or status differ, so that the generation stays. */
function sameBut(a: KubeObject, b: KubeObject): boolean {
  const { metadata: _a, status: _x, ...restA } = a;
  const { metadata: _b, status: _y, ...restB } = b;
  return JSON.stringify(restA) === JSON.stringify(restB);
}
