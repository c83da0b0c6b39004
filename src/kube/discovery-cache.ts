import type { Clock } from '../lib/clock.ts';
import type { CallOptions } from './client.ts';
import type { DiscoveredResource, Discovery } from './discovery.ts';
import {
  aggregatedDiscovery,
  type GroupVersionResources,
  groupVersionsOf,
  resourceListKinds,
} from './discovery-document.ts';
import { isNotFound, NoMatchError } from './errors.ts';
import type { GroupVersionKind, ResourceType } from './object.ts';
import { groupVersionPath } from './resource-path.ts';

/** What the cache asks the server with. */
export interface DiscoverySource {
  get(path: string, accept: string): Promise<unknown>;
  watch(
    type: ResourceType,
    signal: AbortSignal,
    handlers: { changed(name: string): void; restarted(): void; error(error: Error): void },
  ): void;
}

export interface DiscoveryCacheOptions {
  readonly clock: Clock;
  /** How long a kind stays unknown without another look. */
  readonly negativeTtlMs?: number;
  /** How long what nobody watches is believed. */
  readonly maxAgeMs?: number;
}

interface Entry {
  readonly kinds: ReadonlyMap<string, DiscoveredResource>;
  readonly readAt: number;
}

const defaultNegativeTtlMs = 1_000;
const maxNegatives = 10_000;
const defaultMaxAgeMs = 10 * 60_000;

const customResourceDefinitions: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

const apiServices: ResourceType = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  namespaced: false,
};

/**
 * Discovery, read in two requests where the server aggregates it (Kubernetes 1.27 and later), then corrected one group
 * version at a time: a kind that is missing, stale or too old costs one request for its group version, whoever
 * asks at the same time.
 */
export class DiscoveryCache implements Discovery {
  readonly #source: DiscoverySource;
  readonly #clock: Clock;
  readonly #negativeTtlMs: number;
  readonly #maxAgeMs: number;
  /** By `group/version` (`/v1` for the core group). */
  readonly #entries = new Map<string, Entry>();
  #order: readonly GroupVersionResources[] = [];
  readonly #negatives = new Map<string, number>();
  readonly #looks = new Map<string, Promise<Entry | undefined>>();
  #loading: Promise<void> | undefined;
  #loaded = false;
  /** Whether `#order` still names all there is. */
  #complete = false;
  /** Grows with every invalidation: an answer that was asked for before one is not kept. */
  #epoch = 0;
  readonly #watched = new Set<ResourceType>();

  constructor(source: DiscoverySource, options: DiscoveryCacheOptions) {
    this.#source = source;
    this.#clock = options.clock;
    this.#negativeTtlMs = options.negativeTtlMs ?? defaultNegativeTtlMs;
    this.#maxAgeMs = options.maxAgeMs ?? defaultMaxAgeMs;
  }

  async resourceFor(gvk: GroupVersionKind, options?: CallOptions): Promise<DiscoveredResource> {
    if (!this.#loaded) await unlessAborted(this.#load(), options?.signal);
    const key = keyOf(gvk.group, gvk.version);
    const known = this.#fresh(key)?.kinds.get(gvk.kind);
    if (known !== undefined) return known;
    const kindKey = `${key}/${gvk.kind}`;
    if ((this.#negatives.get(kindKey) ?? 0) > this.#clock.now()) throw new NoMatchError(gvk);
    const entry = await unlessAborted(this.#look(gvk.group, gvk.version), options?.signal);
    const found = entry?.kinds.get(gvk.kind);
    if (found !== undefined) return found;
    this.#remember(kindKey);
    throw new NoMatchError(gvk);
  }

  async groupVersions(options?: CallOptions): Promise<readonly string[]> {
    if (!this.#complete) await unlessAborted(this.#load(), options?.signal);
    return this.#order.map(({ group, version }) => (group === '' ? version : `${group}/${version}`));
  }

  async servedKinds(options?: CallOptions): Promise<readonly string[]> {
    if (!this.#complete) await unlessAborted(this.#load(), options?.signal);
    return this.#order.flatMap(({ group, version }) => {
      const prefix = group === '' ? version : keyOf(group, version);
      return [...(this.#entries.get(keyOf(group, version))?.kinds.keys() ?? [])].map((kind) => `${prefix}/${kind}`);
    });
  }

  invalidate(group?: string): void {
    this.#epoch++;
    this.#looks.clear();
    this.#loading = undefined;
    this.#complete = false;
    if (group === undefined) {
      this.#entries.clear();
      this.#negatives.clear();
      this.#loaded = false;
      return;
    }
    for (const known of [this.#entries, this.#negatives]) {
      for (const key of known.keys()) if (key.startsWith(`${group}/`)) known.delete(key);
    }
  }

  watchInvalidation(signal: AbortSignal, error: (error: Error) => void = () => {}): void {
    for (const type of [customResourceDefinitions, apiServices]) {
      this.#source.watch(type, signal, {
        // CRDs are named `plural.group`, APIServices `version.group`.
        changed: (name) => this.invalidate(name.slice(name.indexOf('.') + 1)),
        restarted: () => {
          this.#watched.add(type);
          // What happened before the watch nobody knows.
          if (this.#loaded) this.invalidate();
        },
        error,
      });
    }
    signal.addEventListener('abort', () => this.#watched.clear(), { once: true });
  }

  #fresh(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#watched.size === 2) return entry;
    return this.#clock.now() - entry.readAt < this.#maxAgeMs ? entry : undefined;
  }

  #load(): Promise<void> {
    const epoch = this.#epoch;
    this.#loading ??= this.#readAll(epoch).finally(() => {
      if (this.#epoch === epoch) this.#loading = undefined;
    });
    return this.#loading;
  }

  async #readAll(epoch: number): Promise<void> {
    const [core, groups] = await Promise.all([
      this.#source.get('/api', aggregatedDiscovery),
      this.#source.get('/apis', aggregatedDiscovery),
    ]);
    if (this.#epoch !== epoch) return;
    const readAt = this.#clock.now();
    this.#order = [...groupVersionsOf(core), ...groupVersionsOf(groups)].map(({ group, version, kinds }) => {
      if (kinds !== undefined) this.#entries.set(keyOf(group, version), { kinds, readAt });
      return { group, version, kinds: undefined };
    });
    this.#loaded = true;
    this.#complete = true;
  }

  #look(group: string, version: string): Promise<Entry | undefined> {
    const key = keyOf(group, version);
    const running = this.#looks.get(key);
    if (running !== undefined) return running;
    const look = this.#lookNow(group, version, key, this.#epoch).finally(() => {
      if (this.#looks.get(key) === look) this.#looks.delete(key);
    });
    this.#looks.set(key, look);
    return look;
  }

  async #lookNow(group: string, version: string, key: string, epoch: number): Promise<Entry | undefined> {
    const document = await this.#source.get(groupVersionPath(group, version), 'application/json').catch((error) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (document === undefined) {
      if (this.#epoch === epoch) this.#entries.delete(key);
      return undefined;
    }
    const entry = { kinds: resourceListKinds(document, group, version), readAt: this.#clock.now() };
    if (this.#epoch === epoch) this.#entries.set(key, entry);
    return entry;
  }

  #remember(kindKey: string): void {
    // Bounded: manifests of a tenant choose these names.
    if (this.#negatives.size >= maxNegatives) this.#negatives.clear();
    this.#negatives.set(kindKey, this.#clock.now() + this.#negativeTtlMs);
  }
}

function keyOf(group: string, version: string): string {
  return `${group}/${version}`;
}

/** `promise`, or the signal's reason as soon as it is aborted; what others share runs on. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
