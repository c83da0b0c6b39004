import { type Clock, systemClock } from '../lib/clock.ts';
import { isRecord } from '../lib/json.ts';
import type {
  Applied,
  ApplyOptions,
  CallOptions,
  Client,
  DeleteOptions,
  Impersonation,
  ListOptions,
  PatchType,
  RawAnswer,
  RawOptions,
  WatchHandlers,
  WatchOptions,
  WriteOptions,
} from './client.ts';
import type { Connection } from './connection.ts';
import type { Discovery } from './discovery.ts';
import { DiscoveryCache } from './discovery-cache.ts';
import { TransportError } from './errors.ts';
import { impersonationHeaders } from './impersonate.ts';
import { type ListDeps, listAll } from './list.ts';
import { metadataAccept, partialObject } from './metadata.ts';
import type { KubeObject, ObjectKey, PartialObject, ResourceType } from './object.ts';
import { RateLimiter } from './rate-limiter.ts';
import { runReflector, type WatchTuning, watchDefaults } from './reflector.ts';
import { type ApiRequest, Requester, type RequestObserver } from './requester.ts';
import { collectionPath, objectPath, withQuery } from './resource-path.ts';
import { Transport } from './transport.ts';
import { yamlSafeJson } from './yaml-safe-json.ts';

/** Where the client tells what no caller hears: the API server's warnings. A pino logger is one. */
export interface ClientLog {
  info(fields: object, message: string): void;
}

/** How a {@link createClient} behaves; every absent member has a default. */
export interface ClientOptions {
  /** Requests a second on average (default 50); 0 or less means no limit. Void on servers with priority and fairness. */
  readonly qps?: number;
  /** Requests at once (default 300). */
  readonly burst?: number;
  readonly userAgent?: string;
  readonly log?: ClientLog;
  /** For `rest_client_requests_total`. */
  readonly onRequest?: RequestObserver;
  /** For one call with all its retries (default 90 s). */
  readonly timeoutMs?: number;
  /** Largest answer taken, unpacked (default 256 MiB; lists are read in pages of 500). */
  readonly maxBodyBytes?: number;
  /** HTTP/1.1 connections for short requests (default 16). */
  readonly connections?: number;
  /** Let watches share HTTP/2 connections (default true). */
  readonly http2Watches?: boolean;
  readonly watch?: Partial<WatchTuning>;
  readonly clock?: Clock;
  /** In [0, 1), for jitter. */
  readonly random?: () => number;
}

const defaultTimeoutMs = 90_000;
const defaultMaxBodyBytes = 256 << 20;
const maxWarnings = 1_000;

const patchTypes: Readonly<Record<PatchType, string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/** A {@link Client} that ends its connections, and those of all its impersonated views, when closed. */
export interface ClosableClient extends Client {
  close(): Promise<void>;
}

/** A client of the API server at `connection`. Connects when first used. */
export function createClient(connection: Connection, options: ClientOptions = {}): ClosableClient {
  const clock = options.clock ?? systemClock;
  const transport = new Transport(connection, options);
  const requester = new Requester({
    connection,
    transport,
    limiter: new RateLimiter(options.qps ?? 50, options.burst ?? 300, clock),
    userAgent: options.userAgent ?? 'sluice',
    clock,
    random: options.random ?? Math.random,
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    maxBodyBytes: options.maxBodyBytes ?? defaultMaxBodyBytes,
    onRequest: options.onRequest,
    onWarning: options.log === undefined ? undefined : warnOnce(options.log),
  });
  const tuning = { ...watchDefaults, ...options.watch };
  const self: HttpClient = new HttpClient(requester, tuning, connection.impersonate, (client) => {
    return new DiscoveryCache(
      {
        async get(path, accept) {
          return (await requester.json({ method: 'GET', path, accept, idempotent: true })).value;
        },
        watch(type, signal, { changed, restarted, error }) {
          client.watch<PartialObject>(
            type,
            { signal, metadataOnly: true, trim: nameOnly },
            {
              replace: restarted,
              upsert: ({ metadata }) => changed(metadata.name),
              remove: ({ metadata }) => changed(metadata.name),
              error,
            },
          );
        },
      },
      { clock },
    );
  });
  return Object.assign(self, { close: () => transport.close() });
}

/** Keeps of a watched CRD what invalidation needs. */
function nameOnly({ apiVersion, kind, metadata }: PartialObject): PartialObject {
  return { apiVersion, kind, metadata: { name: metadata.name } };
}

/** As controller-runtime's KubeAPIWarningLogger: each text once. */
function warnOnce(log: ClientLog): (text: string) => void {
  const seen = new Set<string>();
  return (text) => {
    if (seen.has(text) || seen.size >= maxWarnings) return;
    seen.add(text);
    log.info({ logger: 'KubeAPIWarningLogger' }, text);
  };
}

/** One identity's view of the API server. */
class HttpClient implements Client {
  readonly discovery: Discovery;
  readonly #requester: Requester;
  readonly #tuning: WatchTuning;
  readonly #headers: Readonly<Record<string, string | readonly string[]>>;

  constructor(
    requester: Requester,
    tuning: WatchTuning,
    as: Impersonation | undefined,
    discovery: Discovery | ((self: Client) => Discovery),
  ) {
    this.#requester = requester;
    this.#tuning = tuning;
    this.#headers = as === undefined ? {} : impersonationHeaders(as);
    this.discovery = typeof discovery === 'function' ? discovery(this) : discovery;
  }

  async get<T extends KubeObject = KubeObject>(type: ResourceType, key: ObjectKey, options?: CallOptions): Promise<T> {
    const path = objectPath(type, key);
    return this.#object<T>(
      await this.#json(this.#about(type, key), { method: 'GET', path, idempotent: true }, options),
    );
  }

  async getMetadata(type: ResourceType, key: ObjectKey, options?: CallOptions): Promise<PartialObject> {
    const request = { method: 'GET', path: objectPath(type, key), idempotent: true, accept: metadataAccept } as const;
    return partialObject(this.#object(await this.#json(this.#about(type, key), request, options)), type);
  }

  list<T extends KubeObject = KubeObject>(type: ResourceType, options: ListOptions = {}): Promise<readonly T[]> {
    return listAll<T>(this.#listDeps(type, options), type, options, false).then(({ items }) => items);
  }

  listMetadata(type: ResourceType, options: ListOptions = {}): Promise<readonly PartialObject[]> {
    return listAll<PartialObject>(this.#listDeps(type, options), type, options, true).then(({ items }) => items);
  }

  async create<T extends KubeObject = KubeObject>(
    type: ResourceType,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = withQuery(collectionPath(type, object.metadata.namespace), writeQuery(options));
    const request = {
      method: 'POST',
      path,
      idempotent: false,
      contentType: json,
      body: JSON.stringify(object),
    } as const;
    return this.#object<T>(await this.#json(this.#about(type), request, options));
  }

  async apply<T extends KubeObject = KubeObject>(
    type: ResourceType,
    object: T,
    options: ApplyOptions,
  ): Promise<Applied<T>> {
    const query = { ...writeQuery(options), force: options.force === true ? true : undefined };
    const request = {
      method: 'PATCH',
      path: withQuery(objectPath(type, object.metadata, options.subresource), query),
      idempotent: true,
      contentType: 'application/apply-patch+yaml',
      body: yamlSafeJson(object),
    } as const;
    const answer = await this.#json(this.#about(type, object.metadata), request, options);
    return { object: this.#object<T>(answer), created: answer.status === 201 };
  }

  async patch<T extends KubeObject = KubeObject>(
    type: ResourceType,
    key: ObjectKey,
    patch: { readonly type: PatchType; readonly body: unknown },
    options: WriteOptions = {},
  ): Promise<T> {
    const request = {
      method: 'PATCH',
      path: withQuery(objectPath(type, key, options.subresource), writeQuery(options)),
      // A merge patch says what shall be; a JSON patch or a strategic one may add to a list.
      idempotent: patch.type === 'merge',
      contentType: patchTypes[patch.type],
      body: JSON.stringify(patch.body),
    } as const;
    return this.#object<T>(await this.#json(this.#about(type, key), request, options));
  }

  async delete(type: ResourceType, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    const { propagationPolicy, preconditions, dryRun } = options;
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
      ...(preconditions === undefined ? {} : { preconditions }),
      ...(dryRun === true ? { dryRun: ['All'] } : {}),
    };
    await this.#requester.send({
      method: 'DELETE',
      path: objectPath(type, key),
      // Sent again after a lost answer it may find nothing: callers take NotFound for done anyway.
      idempotent: true,
      contentType: json,
      body: JSON.stringify(body),
      ...this.#about(type, key),
      ...bounds(options),
    });
  }

  impersonate(as: Impersonation): Client {
    return new HttpClient(this.#requester, this.#tuning, as, this.discovery);
  }

  watch<T extends PartialObject = KubeObject>(
    type: ResourceType,
    options: WatchOptions<T>,
    handlers: WatchHandlers<T>,
  ): void {
    runReflector({ ...this.#listDeps(type, options), tuning: this.#tuning }, type, options, handlers);
  }

  async raw(method: RawOptions['method'], path: string, options: Omit<RawOptions, 'method'> = {}): Promise<RawAnswer> {
    const { body, contentType = json, accept = json } = options;
    const { status, body: text } = await this.#requester.send({
      method,
      path,
      accept,
      idempotent: method === 'GET',
      ...(body === undefined ? {} : { body, contentType }),
      headers: this.#headers,
      ...bounds(options),
    });
    return { status, body: text };
  }

  #json(about: About, request: ApiRequest, options: CallOptions | undefined): ReturnType<Requester['json']> {
    return this.#requester.json({ ...request, ...about, ...bounds(options) });
  }

  #about(type: ResourceType, key?: ObjectKey): About {
    const resource = type.group === '' ? type.plural : `${type.plural}.${type.group}`;
    return { headers: this.#headers, resource, ...(key === undefined ? {} : { name: key.name }) };
  }

  #listDeps(type: ResourceType, options: CallOptions): ListDeps {
    return {
      requester: this.#requester,
      about: { ...this.#about(type), signal: options.signal, timeoutMs: options.timeoutMs },
    };
  }

  #object<T>({ value }: { readonly value: unknown }): T {
    if (!isRecord(value) || !isRecord(value['metadata'])) {
      throw new TransportError('the API server answered with something that is no object', { code: 'BadAnswer' });
    }
    return value as T;
  }
}

const json = 'application/json';

type About = Pick<ApiRequest, 'headers' | 'resource' | 'name'>;

function bounds(options: CallOptions | undefined): Pick<ApiRequest, 'signal' | 'timeoutMs'> {
  return { signal: options?.signal, timeoutMs: options?.timeoutMs };
}

function writeQuery({ fieldManager, dryRun }: WriteOptions): Record<string, string | boolean | undefined> {
  return { fieldManager, dryRun: dryRun === true ? 'All' : undefined };
}
