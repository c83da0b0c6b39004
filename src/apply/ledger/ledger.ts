import { ownerNameLabel } from '../../crds/meta/names.ts';
import type { PartialObject, ResourceType } from '../../kube/object.ts';
import { type Clock, systemClock, type Timer } from '../../lib/clock.ts';
import { KindView } from './kind-view.ts';
import {
  type HealthyAt,
  isClean,
  type KindLedger,
  type LedgerEntry,
  lookAt,
  newOwner,
  type OwnerState,
  objectId,
  type Realm,
} from './owner-state.ts';
import { LedgerSession, type SessionTarget } from './session.ts';
import { type Sighting, type SightingRules, sightings } from './sighting.ts';

export interface LedgerOptions {
  readonly rules: SightingRules;
  /** Has an owner looked at again, now. */
  wake(owner: string): void;
  /** The longest pause between two corrections of an object of the owner, in milliseconds. */
  maxPauseMs(owner: string): number;
  readonly clock?: Clock;
  /** 0 to 1. */
  readonly random?: () => number;
}

/** Drift that comes in pieces (a Namespace that is emptied) wakes its owner this often at most. */
const wakeGapMs = 250;
/** How long a matching fingerprint is believed: half a day, up to twice that. Webhooks and schemas change too. */
const believedMs = 12 * 60 * 60_000;
/** What nobody wants any more is watched this long, because it often comes back. */
const lingerMs = 60_000;

/**
 * What was applied, to which state of the cluster it led, and whether that is still so. Metadata-only watches keep it
 * current; where watching is not allowed it knows nothing, and every object is looked at as if it were new. In memory
 * alone: a new process looks at everything once.
 */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #clock: Clock;
  readonly #reduce: (object: PartialObject) => Sighting;
  readonly #realms = new Map<string, Realm>();
  readonly #owners = new Map<string, OwnerState>();
  readonly #lingering = new Set<Timer>();

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#reduce = sightings(options.rules);
  }

  /** Begins to work on an owner's objects. Changes of these are judged when the session ends. */
  open(owner: string, target: SessionTarget): LedgerSession {
    const state = this.#owners.getOrInsertComputed(owner, () => newOwner(owner));
    const id = JSON.stringify([target.identity.cluster, target.identity.user]);
    if (state.realm !== undefined && (state.realm.id !== id || state.realm.client !== target.client)) {
      this.#clear(state);
    }
    state.realm ??= this.#realm(id, target);
    state.busy = true;
    state.due = false;
    state.timer?.cancel();
    state.timer = undefined;
    const { realm } = state;
    return new LedgerSession(state, {
      clock: this.#clock,
      kindOf: (type) => this.#kind(realm, type),
      knownKind: (type) => realm.kinds.get(kindName(type)),
      expiresAt: () => this.#clock.now() + believedMs * (1 + (this.#options.random ?? Math.random)()),
      ended: () => this.#ended(state),
      release: (kind, namespace) => this.#later(() => kind.view.release(namespace)),
    });
  }

  /** Whether drift of its objects waits for the owner to be looked at. */
  isDue(owner: string): boolean {
    return this.#owners.get(owner)?.due === true;
  }

  /**
   * Tells that an object (by inventory id) was found healthy at a resource version; `lasting`: it is healthy as long as
   * it is not applied otherwise.
   */
  foundHealthy(owner: string, rules: string, id: string, at: HealthyAt): void {
    const state = this.#owners.get(owner);
    const place = state?.objects.get(id);
    if (state === undefined || place === undefined) return;
    if (state.healthRules !== rules) {
      for (const { kind, key } of state.objects.values()) delete kind.entries.get(key)?.healthy;
      state.healthRules = rules;
    }
    const entry = place.kind.entries.get(place.key);
    if (entry?.owner === owner) entry.healthy = at;
  }

  /** Whether an object (by inventory id) is as it was when it was found healthy by those rules. */
  healthOf(owner: string, rules: string, id: string): 'lasting' | 'now' | undefined {
    const state = this.#owners.get(owner);
    const place = state?.objects.get(id);
    if (state?.healthRules !== rules || place === undefined) return undefined;
    const entry = place.kind.entries.get(place.key);
    const seen = lookAt(place.kind, place.key);
    if (entry?.owner !== owner || entry.healthy === undefined || typeof seen !== 'object') return undefined;
    if (entry.healthy.lasting) return isClean(place.kind, place.key) ? 'lasting' : undefined;
    return seen.resourceVersion === entry.healthy.resourceVersion ? 'now' : undefined;
  }

  /** The owner is gone. */
  forget(owner: string): void {
    const state = this.#owners.get(owner);
    if (state === undefined) return;
    this.#clear(state);
    this.#owners.delete(owner);
  }

  /** Ends all watches and timers. */
  close(): void {
    for (const state of this.#owners.values()) state.timer?.cancel();
    for (const timer of this.#lingering) timer.cancel();
    for (const realm of this.#realms.values()) closeRealm(realm);
    this.#owners.clear();
    this.#realms.clear();
  }

  #realm(id: string, target: SessionTarget): Realm {
    const known = this.#realms.get(id);
    if (known?.client === target.client) return known;
    if (known !== undefined) closeRealm(known);
    const hold = target.hold();
    const realm: Realm = { id, client: target.client, kinds: new Map(), release: () => hold.release() };
    this.#realms.set(id, realm);
    return realm;
  }

  #kind(realm: Realm, type: ResourceType): KindLedger {
    return realm.kinds.getOrInsertComputed(kindName(type), () => {
      const entries = new Map<string, LedgerEntry>();
      const view = new KindView({
        client: realm.client,
        type,
        labelSelector: ownerNameLabel(this.#options.rules.ownerGroup),
        clock: this.#clock,
        reduce: this.#reduce,
        changed: (key) => this.#changed({ view, entries }, key),
      });
      return { view, entries };
    });
  }

  #changed(kind: KindLedger, key: string): void {
    const entry = kind.entries.get(key);
    const state = entry === undefined ? undefined : this.#owners.get(entry.owner);
    if (entry === undefined || state === undefined) {
      kind.view.forget(key);
      return;
    }
    const id = objectId(kind.view.type, key);
    if (state.busy) state.touched.add(id);
    else this.#judge(state, id);
  }

  /** Has the owner woken when the object is not as it was left. */
  #judge(state: OwnerState, id: string): void {
    const place = state.objects.get(id);
    const entry = place?.kind.entries.get(place.key);
    if (place === undefined || entry === undefined || entry.owner !== state.owner || isClean(place.kind, place.key)) {
      state.drifted.delete(id);
      return;
    }
    const seen = lookAt(place.kind, place.key);
    if (seen === 'blind') return;
    // Two owners that apply the same object take turns at their intervals.
    if (seen !== 'absent' && seen.owner !== '' && seen.owner !== state.owner) return;
    // It is on its way out, and nothing can be corrected of it before it is gone.
    if (seen !== 'absent' && seen.terminating) return;
    if (state.drifted.has(id)) return;
    const now = this.#clock.now();
    const delayMs = state.fights.drifted(id, now, this.#options.maxPauseMs(state.owner));
    state.drifted.set(id, now + delayMs);
    this.#arm(state);
  }

  #arm(state: OwnerState): void {
    state.timer?.cancel();
    state.timer = undefined;
    if (state.drifted.size === 0 || state.due) return;
    const now = this.#clock.now();
    const at = Math.max(Math.min(...state.drifted.values()), state.wokenAt + wakeGapMs);
    state.timer = this.#clock.setTimeout(
      () => {
        state.timer = undefined;
        state.due = true;
        state.wokenAt = this.#clock.now();
        this.#options.wake(state.owner);
      },
      Math.max(0, at - now),
    );
  }

  #ended(state: OwnerState): void {
    state.busy = false;
    // What this session saw and could not correct is tried again by the owner's own retries.
    const now = this.#clock.now();
    for (const [id, at] of state.drifted) if (at <= now) state.drifted.delete(id);
    const touched = [...state.touched];
    state.touched.clear();
    for (const id of touched) this.#judge(state, id);
    this.#arm(state);
  }

  #clear(state: OwnerState): void {
    state.timer?.cancel();
    state.timer = undefined;
    for (const [, { kind, key }] of state.objects) {
      if (kind.entries.get(key)?.owner === state.owner) kind.entries.delete(key);
    }
    const wanted = [...state.wanted].flatMap(([kind, all]) => [...all].map((namespace) => ({ kind, namespace })));
    this.#later(() => {
      for (const { kind, namespace } of wanted) kind.view.release(namespace);
    });
    state.objects.clear();
    state.wanted.clear();
    state.drifted.clear();
    state.touched.clear();
    state.due = false;
    state.complete = undefined;
    state.realm = undefined;
  }

  #later(release: () => void): void {
    const timer = this.#clock.setTimeout(() => {
      this.#lingering.delete(timer);
      release();
      this.#collect();
    }, lingerMs);
    this.#lingering.add(timer);
  }

  /** Lets go of clusters of which nothing is watched any more. */
  #collect(): void {
    for (const [id, realm] of this.#realms) {
      for (const [name, { view, entries }] of realm.kinds) {
        if (!view.isWanted && entries.size === 0) realm.kinds.delete(name);
      }
      if (realm.kinds.size > 0 || [...this.#owners.values()].some((owner) => owner.realm === realm)) continue;
      this.#realms.delete(id);
      realm.release();
    }
  }
}

function kindName({ group, plural }: ResourceType): string {
  return `${group}/${plural}`;
}

function closeRealm({ kinds, release }: Realm): void {
  for (const { view } of kinds.values()) view.close();
  release();
}
