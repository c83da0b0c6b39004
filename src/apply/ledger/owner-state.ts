import type { Client } from '../../kube/client.ts';
import type { ResourceType } from '../../kube/object.ts';
import type { Timer } from '../../lib/clock.ts';
import { formatId } from '../object-ref.ts';
import { Fights } from './fights.ts';
import type { KindView } from './kind-view.ts';
import type { Sighting } from './sighting.ts';

/** What is known of one applied object. */
export interface LedgerEntry {
  readonly owner: string;
  /** Of what was applied, and of how. */
  readonly digest: string;
  /** Of the object after it was applied. */
  readonly fingerprint: string;
  readonly outcome: 'unchanged' | 'skipped';
  /** After this time the object is looked at once, whatever the watch says. */
  readonly expiresAt: number;
  healthy?: HealthyAt;
}

/** When an object was found healthy. */
export interface HealthyAt {
  readonly resourceVersion: string;
  readonly lasting: boolean;
}

/** One kind in one cluster as one identity sees it, with what was applied there. */
export interface KindLedger {
  readonly view: KindView;
  /** By {@link viewKey}. */
  readonly entries: Map<string, LedgerEntry>;
}

/** A cluster as one identity sees it. */
export interface Realm {
  readonly id: string;
  readonly client: Client;
  /** By group and plural. */
  readonly kinds: Map<string, KindLedger>;
  release(): void;
}

/** One owner's objects. */
export interface OwnerState {
  readonly owner: string;
  realm: Realm | undefined;
  /** Where its objects are. */
  readonly objects: Map<string, { readonly kind: KindLedger; readonly key: string }>;
  /** Namespaces that it wants to see, by kind. */
  readonly wanted: Map<KindLedger, Set<string>>;
  readonly fights: Fights;
  /** Objects that differ from what was applied, and when each is to be looked at. */
  readonly drifted: Map<string, number>;
  /** Objects that changed while the owner is being worked on. */
  readonly touched: Set<string>;
  busy: boolean;
  /** It was woken because of drift and has not been looked at since. */
  due: boolean;
  timer: Timer | undefined;
  wokenAt: number;
  /** What the last session that reached its end was for. */
  complete: string | undefined;
  /** By which rules its objects were found healthy. */
  healthRules: string | undefined;
}

/** The inventory id of an object. */
export function objectId({ group, kind }: ResourceType, key: string): string {
  return formatId({ group, kind, ...splitKey(key) });
}

function splitKey(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The object under a {@link viewKey}. */
export function lookAt({ view }: KindLedger, key: string): Sighting | 'absent' | 'blind' {
  const { namespace, name } = splitKey(key);
  return view.look(namespace === '' ? { name } : { namespace, name });
}

/** Whether the object is just as it was left. */
export function isClean(kind: KindLedger, key: string): boolean {
  const seen = lookAt(kind, key);
  return typeof seen === 'object' && seen.fingerprint === kind.entries.get(key)?.fingerprint;
}

/** Of an owner of whom nothing is known yet. */
export function newOwner(owner: string): OwnerState {
  return {
    owner,
    realm: undefined,
    objects: new Map(),
    wanted: new Map(),
    fights: new Fights(),
    drifted: new Map(),
    touched: new Set(),
    busy: false,
    due: false,
    timer: undefined,
    wokenAt: 0,
    complete: undefined,
    healthRules: undefined,
  };
}
