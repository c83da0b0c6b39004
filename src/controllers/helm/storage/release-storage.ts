import { type KindView, viewKey } from '../../../apply/ledger/kind-view.ts';
import { HELM_FIELD_MANAGER } from '../../../crds/meta/names.ts';
import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import type { Client } from '../../../kube/client.ts';
import { ApiError, isNotFound } from '../../../kube/errors.ts';
import type { KubeObject, ObjectKey } from '../../../kube/object.ts';
import { secretType } from '../../../kube/secret.ts';
import { mapLimited, withDeadline } from '../../../lib/async.ts';
import type { Clock } from '../../../lib/clock.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { RecordCache, SeenEntry } from './release-cache.ts';
import {
  type entryOf,
  newSecret,
  OWNER_SELECTOR,
  recordOf,
  type StorageEntry,
  secretName,
  secretPatch,
  userLabels,
} from './release-secret.ts';
import { StorageError } from './storage-error.ts';

interface StorageParts {
  readonly client: Client;
  readonly view: KindView<SeenEntry>;
  readonly records: RecordCache;
  readonly clock: Clock;
  closed(): void;
}

const requestMs = 60_000;
const readConcurrency = 4;

/**
 * Releases as Helm keeps them, one Secret for each revision, in one namespace (pkg/storage, with the driver `secret`).
 * What is there is known from a watch; records that were read once are not read again.
 */
export class ReleaseStorage implements Disposable {
  readonly namespace: string;
  readonly #parts: StorageParts;
  #closed = false;

  constructor(namespace: string, parts: StorageParts) {
    this.namespace = namespace;
    this.#parts = parts;
  }

  /** The revisions of a release, newest first. No request while the watch is alive. Throws {@link StorageError}. */
  async entries(name: string, signal: AbortSignal): Promise<readonly StorageEntry[]> {
    const seen = this.#parts.view.all(this.namespace);
    const all = seen === 'blind' ? await this.#list(name, signal) : seen.flatMap(({ entry }) => entry ?? []);
    return all.filter((entry) => entry.name === name).sort((a, b) => b.version - a.version);
  }

  /** The record of a revision. Throws {@link StorageError}. */
  async load(entry: StorageEntry, signal: AbortSignal): Promise<ReleaseRecord> {
    const known = this.#parts.records.get(entry);
    if (known !== undefined) return known;
    const secret = await this.#read(secretName(entry.name, entry.version), signal);
    const record = recordOf(secret);
    const found = this.#note(secret);
    if (found !== undefined) this.#parts.records.set(found, record);
    return record;
  }

  /** The newest revision; undefined when there is no release of the name. Throws {@link StorageError}. */
  async last(name: string, signal: AbortSignal): Promise<ReleaseRecord | undefined> {
    const [newest] = await this.entries(name, signal);
    return newest === undefined ? undefined : this.load(newest, signal);
  }

  /** All revisions that can be read, newest first: Helm overlooks the others, too. Throws {@link StorageError}. */
  async history(name: string, signal: AbortSignal): Promise<readonly ReleaseRecord[]> {
    const entries = await this.entries(name, signal);
    const records = await mapLimited(entries, readConcurrency, (entry) =>
      this.load(entry, signal).catch((error: unknown) => {
        if (error instanceof StorageError && error.code !== 'refused') return undefined;
        throw error;
      }),
    );
    return records.filter((record) => record !== undefined);
  }

  /** Stores a new revision; `labels` are users' own. Throws {@link StorageError}. */
  async create(
    record: ReleaseRecord,
    signal: AbortSignal,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const secret = await newSecret(record, this.namespace, labels, this.#parts.clock.now());
    const { client } = this.#parts;
    const options = { fieldManager: HELM_FIELD_MANAGER, signal: withDeadline(signal, requestMs) };
    const made = await client.create(secretType, secret, options).catch((error: unknown) => {
      signal.throwIfAborted();
      if (error instanceof ApiError && error.isAlreadyExists) {
        throw new StorageError('exists', 'release: already exists', error);
      }
      throw new StorageError('refused', `create: failed to create: ${errorMessage(error)}`, error);
    });
    this.#keep(made, record);
  }

  /** Stores a revision anew that is there. Throws {@link StorageError}. */
  async update(record: ReleaseRecord, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#parts;
    const options = { fieldManager: HELM_FIELD_MANAGER, signal: withDeadline(signal, requestMs) };
    const patch = { type: 'merge', body: await secretPatch(record, clock.now()) } as const;
    const made = await client
      .patch(secretType, this.#key(record.name, record.version), patch, options)
      .catch((error: unknown) => {
        signal.throwIfAborted();
        const code = isNotFound(error) ? 'missing' : 'refused';
        throw new StorageError(code, `update: failed to update: ${errorMessage(error)}`, error);
      });
    this.#keep(made, record);
  }

  /** Takes a revision away, if it is there. Throws {@link StorageError}. */
  async delete(name: string, version: number, signal: AbortSignal): Promise<void> {
    const key = this.#key(name, version);
    const { client, view } = this.#parts;
    try {
      await client.delete(secretType, key, { signal: withDeadline(signal, requestMs) });
    } catch (error) {
      signal.throwIfAborted();
      if (!isNotFound(error)) throw new StorageError('refused', errorMessage(error), error);
    }
    view.noteGone(viewKey(key));
  }

  /** Users' own labels on a revision, which later ones inherit. */
  async labels(entry: StorageEntry, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const seen = this.#parts.view.look(this.#key(entry.name, entry.version));
    if (typeof seen === 'object') return seen.labels;
    return userLabels(await this.#read(secretName(entry.name, entry.version), signal));
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.closed();
  }

  #key(name: string, version: number): Required<ObjectKey> {
    return { namespace: this.namespace, name: secretName(name, version) };
  }

  async #read(name: string, signal: AbortSignal): Promise<KubeObject> {
    const key = { namespace: this.namespace, name };
    try {
      return await this.#parts.client.get(secretType, key, { signal: withDeadline(signal, requestMs) });
    } catch (error) {
      signal.throwIfAborted();
      if (isNotFound(error)) throw new StorageError('missing', 'release: not found', error);
      throw new StorageError('refused', `get: failed to get ${JSON.stringify(name)}: ${errorMessage(error)}`, error);
    }
  }

  async #list(name: string, signal: AbortSignal): Promise<readonly StorageEntry[]> {
    const labelSelector = `${OWNER_SELECTOR},name=${name}`;
    const options = { namespace: this.namespace, labelSelector, signal: withDeadline(signal, requestMs) };
    try {
      const secrets = await this.#parts.client.listMetadata(secretType, options);
      return secrets.flatMap((secret) => this.#note(secret) ?? []);
    } catch (error) {
      signal.throwIfAborted();
      throw new StorageError('refused', `query: failed to query with labels: ${errorMessage(error)}`, error);
    }
  }

  #note(secret: Parameters<typeof entryOf>[0]): StorageEntry | undefined {
    return this.#parts.view.note(viewKey(secret.metadata), secret).entry;
  }

  #keep(secret: KubeObject, record: ReleaseRecord): void {
    const { view, records } = this.#parts;
    const before = view.look(secret.metadata);
    if (typeof before === 'object' && before.entry !== undefined) records.drop(before.entry);
    const entry = this.#note(secret);
    if (entry !== undefined) records.set(entry, record);
  }
}
