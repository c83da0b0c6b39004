import type { Client } from '../kube/client.ts';
import { isNoMatch } from '../kube/errors.ts';
import type { KubeObject, ResourceType } from '../kube/object.ts';
import { withDeadline } from '../lib/async.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { errorMessage } from '../lib/errors.ts';
import { status } from './kstatus.ts';
import type { ObjectStatus } from './kstatus-fields.ts';
import { formatId, type ObjectRef } from './object-ref.ts';
import { isFailedPod, podSelectorOf } from './pod-failures.ts';
import { SharedWatch, type WatchScope } from './shared-watch.ts';

export interface WatchObjectsOptions {
  /** A status has changed: look at {@link WaitHandle.statuses}. Never called from within `watchObjects`. */
  readonly onChange: () => void;
  /** Tell of every change of an object, also of one that leaves its status as it was. */
  readonly everyChange?: boolean;
  /** How a status is computed; kstatus when absent or when it gives undefined. */
  readonly status?: (object: KubeObject, now: number) => ObjectStatus | undefined;
  /** Who waits for objects to go takes those whose kind the server does not serve (any more) for gone. */
  readonly unservedIsGone?: boolean;
  /** Labels that every one of the objects carries, so that a watch on many brings no others. */
  readonly labelSelector?: string;
}

export interface WaitHandle {
  /** By inventory id. Unknown with an empty message until the object was looked at. */
  statuses(): ReadonlyMap<string, ObjectStatus>;
  /** By inventory id: the resource version that the status is of. Objects that are not there have none. */
  resourceVersions(): ReadonlyMap<string, string>;
  /** Stops looking. Safe to call twice. */
  close(): void;
}

export interface StatusWaiterOptions {
  readonly clock?: Clock;
  /** Pause between two looks where an identity may not watch, and before a kind that is not served is tried again. */
  readonly pollMs?: number;
}

/** Up to this many objects of a kind in a namespace are watched by name, more of them by one watch on all. */
const watchedByName = 8;
const defaultPollMs = 5_000;
const discoveryMs = 30_000;
/** When a Pod without a node becomes a failure without any event (kstatus, ScheduleWindow). */
const scheduleWindowMs = 15_000;
const podType: ResourceType = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

const unseen: ObjectStatus = { status: 'Unknown', message: '' };
const notFound: ObjectStatus = { status: 'NotFound', message: 'Resource not found' };

/**
 * Tells how far along objects are, by watching them: no polling, no worker held. Watches are shared among all who
 * wait with the same client for the same part of a kind, and end with the last of them.
 */
export class StatusWaiter {
  readonly #clock: Clock;
  readonly #pollMs: number;
  readonly #watches = new WeakMap<Client, Map<string, SharedWatch>>();

  constructor({ clock = systemClock, pollMs = defaultPollMs }: StatusWaiterOptions = {}) {
    this.#clock = clock;
    this.#pollMs = pollMs;
  }

  watchObjects(client: Client, refs: readonly ObjectRef[], options: WatchObjectsOptions): WaitHandle {
    return new ObjectsWatch(refs, options, {
      client,
      clock: this.#clock,
      pollMs: this.#pollMs,
      watchFor: (type, scope) => this.#watchFor(client, type, scope),
    });
  }

  #watchFor(client: Client, type: ResourceType, scope: WatchScope): SharedWatch {
    const watches = this.#watches.getOrInsertComputed(client, () => new Map<string, SharedWatch>());
    const key = JSON.stringify([
      type.group,
      type.version,
      type.plural,
      scope.namespace,
      scope.name,
      scope.labelSelector,
    ]);
    return watches.getOrInsertComputed(
      key,
      () =>
        new SharedWatch({
          client,
          type,
          scope,
          clock: this.#clock,
          pollMs: this.#pollMs,
          onIdle: () => watches.delete(key),
        }),
    );
  }
}

interface Environment {
  readonly client: Client;
  readonly clock: Clock;
  readonly pollMs: number;
  watchFor(type: ResourceType, scope: WatchScope): SharedWatch;
}

/** The Pods of a controller that is in progress. */
interface PodsWatch {
  /** What the controller itself says. */
  own: ObjectStatus;
  /** By Pod: whether it has failed for good. */
  readonly failing: Map<string, boolean>;
  end: () => void;
}

/** One caller's wait. */
class ObjectsWatch implements WaitHandle {
  readonly #statuses = new Map<string, ObjectStatus>();
  readonly #versions = new Map<string, string>();
  readonly #options: WatchObjectsOptions;
  readonly #env: Environment;
  readonly #closed = new AbortController();
  readonly #endings = new Set<() => void>();
  /** Watches on the Pods of controllers that are in progress, by inventory id. */
  readonly #pods = new Map<string, PodsWatch>();
  #quiet = true;

  constructor(refs: readonly ObjectRef[], options: WatchObjectsOptions, env: Environment) {
    this.#options = options;
    this.#env = env;
    for (const ref of refs) this.#statuses.set(formatId(ref), unseen);
    for (const group of Map.groupBy(refs, (ref) => `${ref.group}/${ref.version}/${ref.kind}`).values())
      this.#start(group);
    // Whoever is told must be able to close the handle, which does not exist before the constructor has returned.
    queueMicrotask(() => {
      this.#quiet = false;
      if ([...this.#statuses.values()].some((known) => known !== unseen)) this.#announce();
    });
  }

  statuses(): ReadonlyMap<string, ObjectStatus> {
    return this.#statuses;
  }

  resourceVersions(): ReadonlyMap<string, string> {
    return this.#versions;
  }

  close(): void {
    this.#closed.abort();
    for (const end of this.#endings) end();
    for (const { end } of this.#pods.values()) end();
    this.#endings.clear();
    this.#pods.clear();
  }

  /** Watches refs of one kind. */
  #start(refs: readonly ObjectRef[]): void {
    const [first] = refs;
    if (first === undefined || this.#closed.signal.aborted) return;
    const signal = withDeadline(this.#closed.signal, discoveryMs);
    this.#env.client.discovery.resourceFor(first, { signal }).then(
      (type) => this.#follow(type, refs),
      (error: unknown) => {
        if (this.#closed.signal.aborted) return;
        const isGone = this.#options.unservedIsGone === true && isNoMatch(error);
        for (const ref of refs) {
          if (isGone) this.#tell(formatId(ref), notFound);
          else this.#tellUnknown(formatId(ref), isNoMatch(error) ? unserved(ref) : errorMessage(error));
        }
        this.#later(() => this.#start(refs), this.#env.pollMs);
      },
    );
  }

  #follow(type: ResourceType, refs: readonly ObjectRef[]): void {
    if (this.#closed.signal.aborted) return;
    const located = refs.map((ref) => (type.namespaced ? ref : { ...ref, namespace: '' }));
    const ids = new Map(refs.map((ref, i) => [`${located[i]?.namespace ?? ''}/${ref.name}`, formatId(ref)]));
    for (const members of Map.groupBy(located, (ref) => ref.namespace).values()) {
      for (const [scope, keys] of this.#scopes(members)) {
        this.#subscribe(type, scope, {
          keys,
          changed: (key, object) => this.#look(ids.get(key) ?? '', object),
          refused: (error) => {
            for (const key of keys) this.#tellUnknown(ids.get(key) ?? '', errorMessage(error));
          },
        });
      }
    }
  }

  /** The parts of the kind to watch for objects of one namespace. */
  #scopes(refs: readonly ObjectRef[]): (readonly [WatchScope, ReadonlySet<string>])[] {
    const keys = refs.map((ref) => `${ref.namespace}/${ref.name}`);
    const [first] = refs;
    const namespace = first === undefined || first.namespace === '' ? {} : { namespace: first.namespace };
    if (refs.length <= watchedByName) {
      return refs.map((ref, i) => [{ ...namespace, name: ref.name }, new Set([keys[i] ?? ''])]);
    }
    const { labelSelector } = this.#options;
    return [[{ ...namespace, ...(labelSelector === undefined ? {} : { labelSelector }) }, new Set(keys)]];
  }

  #subscribe(type: ResourceType, scope: WatchScope, subscriber: Parameters<SharedWatch['subscribe']>[0]): () => void {
    const end = this.#env.watchFor(type, scope).subscribe(subscriber);
    this.#endings.add(end);
    return () => {
      this.#endings.delete(end);
      end();
    };
  }

  #look(id: string, object: KubeObject | undefined): void {
    if (this.#closed.signal.aborted) return;
    if (object === undefined) {
      this.#versions.delete(id);
      this.#forgetPods(id);
      this.#tell(id, notFound);
      return;
    }
    this.#versions.set(id, object.metadata.resourceVersion ?? '');
    const own = this.#options.status?.(object, this.#env.clock.now());
    const found = own ?? status(object, this.#env.clock.now());
    if (own !== undefined || found.status !== 'InProgress') this.#forgetPods(id);
    else if (object.kind === 'Pod') this.#lookAgain(id, object);
    else this.#lookAtPods(id, object, found);
    this.#tell(id, this.#withPods(id, found));
  }

  /** A Pod that finds no node fails by time alone. */
  #lookAgain(id: string, pod: KubeObject): void {
    const failsAt = Date.parse(pod.metadata.creationTimestamp ?? '') + scheduleWindowMs;
    const delay = failsAt - this.#env.clock.now();
    if (delay > 0) this.#later(() => this.#look(id, pod), delay + 1);
  }

  /** The Pods of a StatefulSet or ReplicaSet may tell that it will not get ready. */
  #lookAtPods(id: string, controller: KubeObject, own: ObjectStatus): void {
    const known = this.#pods.get(id);
    if (known !== undefined) {
      known.own = own;
      return;
    }
    const labelSelector = podSelectorOf(controller);
    const { namespace } = controller.metadata;
    if (labelSelector === undefined || namespace === undefined) return;
    const entry: PodsWatch = { own, failing: new Map(), end: () => {} };
    this.#pods.set(id, entry);
    entry.end = this.#subscribe(
      podType,
      { namespace, labelSelector },
      {
        keys: undefined,
        changed: (key, pod) => {
          entry.failing.set(key, pod !== undefined && isFailedPod(pod, this.#env.clock.now()));
          this.#tell(id, this.#withPods(id, entry.own));
        },
      },
    );
  }

  #withPods(id: string, found: ObjectStatus): ObjectStatus {
    const failed = [...(this.#pods.get(id)?.failing.values() ?? [])].filter(Boolean).length;
    return failed === 0 ? found : { status: 'Failed', message: `${failed} pods have failed` };
  }

  #forgetPods(id: string): void {
    this.#pods.get(id)?.end();
    this.#pods.delete(id);
  }

  #later(fn: () => void, ms: number): void {
    const timer = this.#env.clock.setTimeout(() => {
      this.#endings.delete(cancel);
      fn();
    }, ms);
    const cancel = (): void => timer.cancel();
    this.#endings.add(cancel);
  }

  #tell(id: string, found: ObjectStatus): void {
    const known = this.#statuses.get(id);
    if (known === undefined || (known.status === found.status && known.message === found.message)) {
      if (known !== undefined && this.#options.everyChange === true) this.#announce();
      return;
    }
    this.#statuses.set(id, found);
    if (known.status !== found.status || known === unseen || this.#options.everyChange === true) this.#announce();
  }

  #tellUnknown(id: string, message: string): void {
    this.#versions.delete(id);
    this.#tell(id, { status: 'Unknown', message });
  }

  #announce(): void {
    if (!this.#quiet && !this.#closed.signal.aborted) this.#options.onChange();
  }
}

/** Upstream looks for the group's kind whatever its version, and says so. */
function unserved({ kind, group }: ObjectRef): string {
  return `no matches for kind "${kind}" in group "${group}"`;
}
