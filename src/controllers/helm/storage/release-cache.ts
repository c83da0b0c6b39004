import { KindView } from '../../../apply/ledger/kind-view.ts';
import type { SessionTarget } from '../../../apply/ledger/session.ts';
import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import { secretType } from '../../../kube/secret.ts';
import { type Clock, systemClock, type Timer } from '../../../lib/clock.ts';
import { entryOf, OWNER_SELECTOR, type StorageEntry, userLabels } from './release-secret.ts';
import { ReleaseStorage } from './release-storage.ts';

/** What is kept of a release's Secret. */
export interface SeenEntry {
  readonly resourceVersion: string;
  readonly fingerprint: string;
  /** undefined for a Secret that is none of Helm's. */
  readonly entry: StorageEntry | undefined;
  /** Users' own labels. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface ReleaseCacheOptions {
  readonly clock?: Clock;
  /** How much of records is kept, as JSON. */
  readonly maxBytes?: number;
}

/** A namespace that storages are open in, or were until a while ago. */
interface Place {
  users: number;
  /** Until it is let go of. */
  timer: Timer | undefined;
}

/** A cluster as one identity sees it. */
interface Realm {
  readonly client: SessionTarget['client'];
  readonly view: KindView<SeenEntry>;
  readonly places: Map<string, Place>;
  release(): void;
}

const defaultMaxBytes = 24 << 20;
/** What nobody has open is watched this long: the next reconcile is near. */
const lingerMs = 15 * 60_000;

/**
 * What is known of stored releases: a metadata-only watch tells which revisions there are, and records that were read
 * or written are kept, so that a reconcile without news reads nothing.
 */
export class ReleaseCache {
  readonly #clock: Clock;
  readonly #realms = new Map<string, Realm>();
  readonly records: RecordCache;

  constructor({ clock = systemClock, maxBytes = defaultMaxBytes }: ReleaseCacheOptions = {}) {
    this.#clock = clock;
    this.records = new RecordCache(maxBytes);
  }

  /** The storage in one namespace as one identity sees it, until it is disposed of. */
  open(target: SessionTarget, namespace: string): ReleaseStorage {
    const id = JSON.stringify([target.identity.cluster, target.identity.user]);
    const realm = this.#realm(id, target);
    const { client, view, places } = realm;
    const known = places.get(namespace);
    const place: Place = known ?? { users: 0, timer: undefined };
    place.users++;
    place.timer?.cancel();
    place.timer = undefined;
    places.set(namespace, place);
    if (known === undefined) view.want(namespace);
    else view.ensure(namespace);
    return new ReleaseStorage(namespace, {
      client,
      view,
      records: this.records,
      clock: this.#clock,
      closed: () => this.#left(id, realm, namespace),
    });
  }

  /** Ends all watches. */
  close(): void {
    for (const realm of this.#realms.values()) end(realm);
    this.#realms.clear();
  }

  #realm(id: string, target: SessionTarget): Realm {
    const known = this.#realms.get(id);
    if (known?.client === target.client) return known;
    if (known !== undefined) end(known);
    const hold = target.hold();
    const view = new KindView<SeenEntry>({
      client: target.client,
      type: secretType,
      labelSelector: OWNER_SELECTOR,
      clock: this.#clock,
      reduce: (object) => {
        const entry = entryOf(object);
        const { resourceVersion = '' } = object.metadata;
        return { resourceVersion, fingerprint: resourceVersion, entry, labels: userLabels(object) };
      },
      changed: () => undefined,
    });
    const realm: Realm = { client: target.client, view, places: new Map(), release: () => hold.release() };
    this.#realms.set(id, realm);
    return realm;
  }

  #left(id: string, realm: Realm, namespace: string): void {
    const place = realm.places.get(namespace);
    if (place === undefined || this.#realms.get(id) !== realm) return;
    place.users--;
    if (place.users > 0) return;
    place.timer = this.#clock.setTimeout(() => {
      realm.places.delete(namespace);
      realm.view.release(namespace);
      if (realm.places.size > 0) return;
      this.#realms.delete(id);
      end(realm);
    }, lingerMs);
  }
}

function end({ view, places, release }: Realm): void {
  for (const { timer } of places.values()) timer?.cancel();
  places.clear();
  view.close();
  release();
}

/** Records by the version of their Secrets; the ones that were wanted least recently go first. */
export class RecordCache {
  readonly #maxBytes: number;
  readonly #records = new Map<string, { readonly record: ReleaseRecord; readonly bytes: number }>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get({ uid, resourceVersion }: Pick<StorageEntry, 'uid' | 'resourceVersion'>): ReleaseRecord | undefined {
    const key = `${uid}/${resourceVersion}`;
    const found = this.#records.get(key);
    if (found === undefined) return undefined;
    this.#records.delete(key);
    this.#records.set(key, found);
    return found.record;
  }

  set({ uid, resourceVersion }: Pick<StorageEntry, 'uid' | 'resourceVersion'>, record: ReleaseRecord): void {
    const bytes = weight(record);
    if (bytes > this.#maxBytes / 4) return;
    const key = `${uid}/${resourceVersion}`;
    if (this.#records.has(key)) return;
    this.#records.set(key, { record, bytes });
    this.#bytes += bytes;
    for (const [oldest, { bytes: size }] of this.#records) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#records.delete(oldest);
      this.#bytes -= size;
    }
  }

  /** The record is another by now. */
  drop({ uid, resourceVersion }: Pick<StorageEntry, 'uid' | 'resourceVersion'>): void {
    const key = `${uid}/${resourceVersion}`;
    this.#bytes -= this.#records.get(key)?.bytes ?? 0;
    this.#records.delete(key);
  }
}

/** About how much memory a record takes. */
function weight({ manifest, chart, config, hooks }: ReleaseRecord): number {
  const files = [chart['templates'], chart['files']].flatMap((list) => (Array.isArray(list) ? list : []));
  const size = (value: unknown): number => (typeof value === 'string' ? value.length : 0);
  return (
    2_000 +
    manifest.length +
    files.reduce<number>((sum, file: { readonly data?: unknown }) => sum + size(file.data) + 100, 0) +
    hooks.reduce((sum, hook) => sum + hook.manifest.length + 200, 0) +
    JSON.stringify(config).length
  );
}
