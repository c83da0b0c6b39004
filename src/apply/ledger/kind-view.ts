import type { Client } from '../../kube/client.ts';
import type { ObjectKey, PartialObject, ResourceType } from '../../kube/object.ts';
import type { Clock } from '../../lib/clock.ts';
import { KindWatch, type Seen } from './kind-watch.ts';
import { isOlder, type Sighting } from './sighting.ts';

/** There is no such object with an owner label, as of that resource version. */
interface Absence {
  readonly goneAt: string;
}

/** What is kept of an object must tell at least these. */
export interface Glimpse {
  readonly resourceVersion: string;
  /** Equal while nothing has changed that matters. */
  readonly fingerprint: string;
}

export interface KindViewOptions<S extends Glimpse> {
  readonly client: Client;
  readonly type: ResourceType;
  readonly labelSelector: string;
  readonly clock: Clock;
  readonly reduce: (object: PartialObject) => S;
  /** An object was seen to be another than before, or gone. Not called for what {@link KindView.note} tells. */
  changed(key: string): void;
}

/** In more namespaces than this a kind is watched in all of them by one watch, where that is allowed. */
const maxNamespaces = 3;
/** Where watching was not allowed it is tried again after this time. */
const refusedForMs = 5 * 60_000;

const everywhere = '';

/** `namespace/name`, with an empty namespace for cluster-scoped objects. */
export function viewKey({ namespace = '', name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

/**
 * What one identity sees of the labelled objects of a kind, by the least set of watches: one for all namespaces where
 * that is allowed and worth it, else one for each namespace that is wanted, else none. What we write ourselves is noted
 * at once: the view never goes back behind our own last write.
 */
export class KindView<S extends Glimpse = Sighting> {
  readonly #options: KindViewOptions<S>;
  readonly #seen = new Map<string, S | Absence>();
  /** By namespace. */
  readonly #watches = new Map<string, KindWatch<S>>();
  /** Until when watching there need not be tried. */
  readonly #refused = new Map<string, number>();
  /** How many want a namespace. */
  readonly #wanted = new Map<string, number>();

  constructor(options: KindViewOptions<S>) {
    this.#options = options;
  }

  get type(): ResourceType {
    return this.#options.type;
  }

  get isWanted(): boolean {
    return this.#wanted.size > 0;
  }

  /** The object as it was seen last; `blind` where nothing is being watched. */
  look(key: ObjectKey): S | 'absent' | 'blind' {
    if (!this.isLive(key.namespace)) return 'blind';
    const found = this.#seen.get(viewKey(key));
    return found === undefined || 'goneAt' in found ? 'absent' : found;
  }

  /** All objects of a namespace as they were seen last; `blind` where nothing is being watched. */
  all(namespace: string): readonly S[] | 'blind' {
    if (!this.isLive(namespace)) return 'blind';
    const prefix = `${namespace}/`;
    return [...this.#seen].flatMap(([key, seen]) => (key.startsWith(prefix) && !('goneAt' in seen) ? [seen] : []));
  }

  /** Whether a namespace is being watched at this moment. */
  isLive(namespace = everywhere): boolean {
    return this.#watches.get(everywhere)?.live === true || this.#watches.get(namespace)?.live === true;
  }

  /** What would be kept of an object. */
  reduce(object: PartialObject): S {
    return this.#options.reduce(object);
  }

  /** Takes what the API server answered to us about the object under `key`, unless something newer was seen already. */
  note(key: string, object: PartialObject): S {
    const sighting = this.#options.reduce(object);
    const found = this.#seen.get(key);
    if (found === undefined || !isOlder(sighting.resourceVersion, versionOf(found))) this.#seen.set(key, sighting);
    return sighting;
  }

  /** The object under `key` was deleted by us. */
  noteGone(key: string): void {
    const found = this.#seen.get(key);
    if (found !== undefined) this.#seen.set(key, { goneAt: versionOf(found) });
  }

  /** Wants to see a namespace (none for cluster-scoped kinds) until {@link release}. */
  want(namespace = everywhere): void {
    this.#wanted.set(namespace, (this.#wanted.get(namespace) ?? 0) + 1);
    this.#watch(namespace);
  }

  /** Tries again to watch a wanted namespace where there is no watch. */
  ensure(namespace = everywhere): void {
    this.#watch(namespace);
  }

  release(namespace = everywhere): void {
    const left = (this.#wanted.get(namespace) ?? 0) - 1;
    if (left > 0) {
      this.#wanted.set(namespace, left);
      return;
    }
    this.#wanted.delete(namespace);
    if (this.#wanted.size === 0) this.close();
    else this.#end(namespace);
  }

  /** Ends all watches, and forgets. */
  close(): void {
    for (const watch of this.#watches.values()) watch.stop();
    this.#watches.clear();
    this.#seen.clear();
  }

  #watch(namespace: string): void {
    if (this.#watches.has(everywhere)) return;
    if (namespace !== everywhere && this.#wanted.size > maxNamespaces && this.#mayTry(everywhere)) {
      this.#start(everywhere);
    } else if (!this.#watches.has(namespace) && this.#mayTry(namespace)) {
      this.#start(namespace);
    }
  }

  #mayTry(namespace: string): boolean {
    return (this.#refused.get(namespace) ?? 0) <= this.#options.clock.now();
  }

  #start(namespace: string): void {
    const { client, type, labelSelector, clock, reduce } = this.#options;
    const watch = new KindWatch<S>({
      client,
      type,
      labelSelector,
      clock,
      reduce,
      ...(namespace === everywhere ? {} : { namespace }),
      replace: (seen, resourceVersion) => this.#replace(namespace, seen, resourceVersion),
      upsert: (seen) => this.#take(seen),
      remove: ({ metadata, sighting }) => this.#miss(viewKey(metadata), sighting.resourceVersion),
      ended: (reason) => this.#ended(namespace, reason),
    });
    this.#watches.set(namespace, watch);
  }

  /** Where it is not allowed to watch everywhere, it may be in single namespaces. */
  #ended(namespace: string, reason: 'refused' | 'unserved'): void {
    this.#watches.delete(namespace);
    if (reason === 'refused') this.#refused.set(namespace, this.#options.clock.now() + refusedForMs);
    if (namespace === everywhere && reason === 'refused') for (const wanted of this.#wanted.keys()) this.#watch(wanted);
  }

  #end(namespace: string): void {
    this.#watches.get(namespace)?.stop();
    this.#watches.delete(namespace);
    if (this.#watches.has(everywhere)) return;
    for (const key of this.#seen.keys()) if (key.startsWith(`${namespace}/`)) this.#seen.delete(key);
  }

  #replace(namespace: string, all: readonly Seen<S>[], resourceVersion: string): void {
    const present = new Set(all.map(({ metadata }) => viewKey(metadata)));
    for (const seen of all) this.#take(seen);
    for (const key of this.#seen.keys()) {
      if (present.has(key) || (namespace !== everywhere && !key.startsWith(`${namespace}/`))) continue;
      this.#miss(key, resourceVersion);
    }
    if (namespace !== everywhere) return;
    for (const [other, watch] of this.#watches) {
      if (other === everywhere) continue;
      watch.stop();
      this.#watches.delete(other);
    }
  }

  #take({ metadata, sighting }: Seen<S>): void {
    const key = viewKey(metadata);
    const found = this.#seen.get(key);
    if (found !== undefined && isOlder(sighting.resourceVersion, versionOf(found))) return;
    this.#seen.set(key, sighting);
    if (found === undefined || 'goneAt' in found || found.fingerprint !== sighting.fingerprint) {
      this.#options.changed(key);
    }
  }

  #miss(key: string, resourceVersion: string): void {
    const found = this.#seen.get(key);
    if (found === undefined || 'goneAt' in found || isOlder(resourceVersion, found.resourceVersion)) return;
    this.#seen.set(key, { goneAt: resourceVersion });
    this.#options.changed(key);
  }

  /** Nobody asks for the object any more. */
  forget(key: string): void {
    const found = this.#seen.get(key);
    if (found !== undefined && 'goneAt' in found) this.#seen.delete(key);
  }
}

function versionOf(seen: Glimpse | Absence): string {
  return 'goneAt' in seen ? seen.goneAt : seen.resourceVersion;
}
