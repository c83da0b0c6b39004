import type { Client } from '../../kube/client.ts';
import type { KubeObject, ObjectKey, ResourceType } from '../../kube/object.ts';
import type { Clock } from '../../lib/clock.ts';
import { LOSSES_BEFORE_PAUSES } from './fights.ts';
import { viewKey } from './kind-view.ts';
import { isClean, type KindLedger, type LedgerEntry, lookAt, type OwnerState, objectId } from './owner-state.ts';
import type { Sighting } from './sighting.ts';

/** Where objects are written, and as whom. */
export interface SessionTarget {
  /** Equal for those who see the same. */
  readonly identity: { readonly cluster: string; readonly user?: string };
  readonly client: Client;
  /** Keeps the client open. */
  hold(): { release(): void };
}

/** What a session needs of the ledger. */
export interface SessionParts {
  readonly clock: Clock;
  kindOf(type: ResourceType): KindLedger;
  /** The same, when there is one. */
  knownKind(type: ResourceType): KindLedger | undefined;
  expiresAt(): number;
  ended(): void;
  release(kind: KindLedger, namespace: string): void;
}

/** A kind in a namespace (none for cluster-scoped kinds). */
export interface Place {
  readonly type: ResourceType;
  readonly namespace?: string;
}

/** One attempt at one owner's objects: what is known of them, and what comes of it. */
export class LedgerSession implements Disposable {
  readonly #state: OwnerState;
  readonly #parts: SessionParts;
  /** What this session has looked after, by object. */
  readonly #kept = new Set<string>();
  readonly #wanted = new Map<KindLedger, Set<string>>();

  constructor(state: OwnerState, parts: SessionParts) {
    this.#state = state;
    this.#parts = parts;
  }

  /** `namespace/name` of the owner. */
  get owner(): string {
    return this.#state.owner;
  }

  /**
   * Whether everything that the last session for `purpose` applied is in the cluster just as it was left, so that
   * nothing need be asked. A purpose is all that decides what is applied, and how, as one text.
   */
  isIntact(purpose: string): boolean {
    const { complete, objects, owner } = this.#state;
    if (complete !== purpose) return false;
    const now = this.#parts.clock.now();
    for (const { kind, key } of objects.values()) {
      const entry = kind.entries.get(key);
      if (entry?.owner !== owner || entry.expiresAt < now || !isClean(kind, key)) return false;
    }
    return true;
  }

  /** What was made of an object (by inventory id) the last time; undefined when it was none of the ledger's. */
  outcomeOf(id: string): 'unchanged' | 'skipped' | undefined {
    const place = this.#state.objects.get(id);
    return place?.kind.entries.get(place.key)?.outcome;
  }

  /** The uid of an object that was looked after (by inventory id). */
  uidOf(id: string): string | undefined {
    const place = this.#state.objects.get(id);
    const seen = place === undefined ? 'blind' : lookAt(place.kind, place.key);
    return typeof seen === 'object' ? seen.uid : undefined;
  }

  /** Begins to watch these places. Nobody waits for it: what is not seen yet is looked at. */
  watch(places: readonly Place[]): void {
    for (const { type, namespace } of places) this.#want(this.#parts.kindOf(type), namespace ?? '');
  }

  /** The object as the watch shows it; `blind` where there is no watch. */
  look(type: ResourceType, key: ObjectKey): Sighting | 'absent' | 'blind' {
    const kind = this.#parts.knownKind(type);
    return kind === undefined ? 'blind' : lookAt(kind, viewKey(key));
  }

  /** Whether the object is in the cluster just as this owner left it, whatever it is to become now. */
  isAsLeft(type: ResourceType, key: ObjectKey): boolean {
    const kind = this.#parts.kindOf(type);
    const entry = kind.entries.get(viewKey(key));
    return (
      entry?.owner === this.#state.owner &&
      entry.outcome === 'unchanged' &&
      entry.expiresAt >= this.#parts.clock.now() &&
      isClean(kind, viewKey(key))
    );
  }

  /**
   * Whether a dry run of exactly the object that is known would change it. The time of our entry tells, unless it was
   * written in this very second: false then, and of an object that is another by now.
   */
  differs(type: ResourceType, result: KubeObject): boolean {
    const { view } = this.#parts.kindOf(type);
    const seen = view.look(result.metadata);
    if (typeof seen !== 'object' || seen.resourceVersion !== result.metadata.resourceVersion) return false;
    return view.reduce(result).fingerprint !== seen.fingerprint;
  }

  /** What looking at an object would find, when that is known without looking. */
  recall(type: ResourceType, key: ObjectKey, digest: string): 'unchanged' | 'skipped' | undefined {
    const kind = this.#parts.kindOf(type);
    const entry = kind.entries.get(viewKey(key));
    if (entry?.owner !== this.#state.owner || entry.digest !== digest || !isClean(kind, viewKey(key))) return undefined;
    if (entry.expiresAt < this.#parts.clock.now()) return undefined;
    this.#keep(kind, viewKey(key));
    return entry.outcome;
  }

  /**
   * An object is in the cluster as it shall be; `live` is how the API server showed it, `written`: it was otherwise
   * before. What the watches cannot see, because it has no owner labels, is not remembered.
   */
  record(type: ResourceType, live: KubeObject, digest: string, written: boolean): void {
    const key = viewKey(live.metadata);
    const sighting = this.#parts.kindOf(type).view.note(key, live);
    this.#remember(type, key, sighting, { digest, outcome: 'unchanged', written });
  }

  /** An object is not to be applied, and would not be as long as it is what the watch shows. */
  recordSkipped(type: ResourceType, key: ObjectKey, digest: string): void {
    const seen = this.look(type, key);
    if (typeof seen === 'object')
      this.#remember(type, viewKey(key), seen, { digest, outcome: 'skipped', written: false });
  }

  /** The object is not this owner's any more. */
  drop(type: ResourceType, key: ObjectKey): void {
    this.#forget(objectId(type, viewKey(key)));
  }

  /** Who fights over an object is told once: when it is about to be left alone for a while. */
  isFightToTell(id: string): boolean {
    return this.#state.fights.lost(id) === LOSSES_BEFORE_PAUSES;
  }

  /**
   * All objects have been looked after: the others are not the owner's any more. `purpose` is what {@link isIntact}
   * will be asked for; undefined when there are objects that the ledger does not know.
   */
  complete(purpose: string | undefined): void {
    for (const id of [...this.#state.objects.keys()]) if (!this.#kept.has(id)) this.#forget(id);
    for (const [kind, namespaces] of this.#state.wanted) {
      for (const namespace of namespaces) {
        if (this.#wanted.get(kind)?.has(namespace) === true) continue;
        namespaces.delete(namespace);
        this.#parts.release(kind, namespace);
      }
    }
    this.#state.complete = purpose;
  }

  /** Ends the session; what changed meanwhile is judged now. */
  [Symbol.dispose](): void {
    this.#parts.ended();
  }

  #remember(
    type: ResourceType,
    key: string,
    seen: Sighting,
    { digest, outcome, written }: Pick<LedgerEntry, 'digest' | 'outcome'> & { readonly written: boolean },
  ): void {
    const kind = this.#parts.kindOf(type);
    const id = objectId(type, key);
    const { fights, drifted, owner } = this.#state;
    if (written || drifted.has(id)) fights.corrected(id, this.#parts.clock.now());
    drifted.delete(id);
    if (seen.owner === '') return;
    const { fingerprint } = seen;
    kind.entries.set(key, { owner, digest, fingerprint, outcome, expiresAt: this.#parts.expiresAt() });
    this.#keep(kind, key);
  }

  #want(kind: KindLedger, namespace: string): void {
    this.#wanted.getOrInsertComputed(kind, () => new Set<string>()).add(namespace);
    const held = this.#state.wanted.getOrInsertComputed(kind, () => new Set<string>());
    if (held.has(namespace)) {
      kind.view.ensure(namespace);
      return;
    }
    held.add(namespace);
    kind.view.want(namespace);
  }

  #keep(kind: KindLedger, key: string): void {
    const id = objectId(kind.view.type, key);
    this.#kept.add(id);
    const known = this.#state.objects.get(id);
    if (known?.kind !== kind) this.#state.objects.set(id, { kind, key });
  }

  #forget(id: string): void {
    const place = this.#state.objects.get(id);
    if (place === undefined) return;
    if (place.kind.entries.get(place.key)?.owner === this.#state.owner) place.kind.entries.delete(place.key);
    this.#state.objects.delete(id);
    this.#state.drifted.delete(id);
    this.#state.touched.delete(id);
    this.#state.fights.forget(id);
  }
}
