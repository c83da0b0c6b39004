import type { Discovery } from './discovery.ts';
import type { KubeObject, ObjectKey, PartialObject, ResourceType } from './object.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** For the call with all its retries; the client's own (90 s) when absent. */
  readonly timeoutMs?: number | undefined;
}

export interface ListOptions extends CallOptions {
  /** All namespaces when absent. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface WriteOptions extends CallOptions {
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
  readonly subresource?: 'status' | 'scale';
  /** What becomes of fields that are unknown or there twice; `Warn` is the server's own default. */
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  /** Take ownership of conflicting fields. */
  readonly force?: boolean;
}

export interface DeleteOptions extends CallOptions {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
}

/** Whom the API server shall take us for. */
export interface Impersonation {
  readonly user: string;
  readonly groups?: readonly string[];
}

export interface Applied<T> {
  readonly object: T;
  /** The server answered 201: the object did not exist (or, on a dry run, would be created). */
  readonly created: boolean;
}

/** A request outside the object model. */
export interface RawOptions extends CallOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: string;
  /** `application/json` when absent. */
  readonly contentType?: string;
  readonly accept?: string;
}

/** A successful answer as it came, unpacked. */
export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

export type PatchType = 'merge' | 'json' | 'strategic';

/**
 * The API server, as one identity. Every method throws {@link ApiError} on an error answer, and a `DOMException`
 * named AbortError or TimeoutError when its signal ends it. Objects go out exactly as given: no field is dropped,
 * no number re-encoded (integers beyond 2^53 travel as `JSON.rawJSON`).
 */
export interface Client {
  readonly discovery: Discovery;
  get<T extends KubeObject = KubeObject>(type: ResourceType, key: ObjectKey, options?: CallOptions): Promise<T>;
  getMetadata(type: ResourceType, key: ObjectKey, options?: CallOptions): Promise<PartialObject>;
  /** All pages of a collection, in one array. */
  list<T extends KubeObject = KubeObject>(type: ResourceType, options?: ListOptions): Promise<readonly T[]>;
  listMetadata(type: ResourceType, options?: ListOptions): Promise<readonly PartialObject[]>;
  create<T extends KubeObject = KubeObject>(type: ResourceType, object: T, options?: WriteOptions): Promise<T>;
  /** Server-side apply of `object` (which names itself). */
  apply<T extends KubeObject = KubeObject>(type: ResourceType, object: T, options: ApplyOptions): Promise<Applied<T>>;
  patch<T extends KubeObject = KubeObject>(
    type: ResourceType,
    key: ObjectKey,
    patch: { readonly type: PatchType; readonly body: unknown },
    options?: WriteOptions,
  ): Promise<T>;
  /** Whether the object is gone with the answer: one with finalizers, or that ends by and by, is still there. */
  delete(type: ResourceType, key: ObjectKey, options?: DeleteOptions): Promise<boolean>;
  /** The same server and connections as another identity; rate limits are shared with this client. */
  impersonate(as: Impersonation): Client;
  /** A stream of changes that never ends by itself; see {@link WatchHandlers}. Ends when `signal` is aborted. */
  watch<T extends PartialObject = KubeObject>(
    type: ResourceType,
    options: WatchOptions<T>,
    handlers: WatchHandlers<T>,
  ): void;
  /** A request as it is, for what has no kind (`/version`, `/openapi/v3`, `/metrics`): same identity, limits and errors. */
  raw(method: RawOptions['method'], path: string, options?: Omit<RawOptions, 'method'>): Promise<RawAnswer>;
}

export interface WatchOptions<T = unknown> extends ListOptions {
  readonly signal: AbortSignal;
  /** Ask for `PartialObjectMetadata` only. */
  readonly metadataOnly?: boolean;
  /**
   * Called with each object as it is decoded; what it gives is kept instead. So a first list of thousands never holds
   * more than its trimmed objects.
   */
  readonly trim?: (object: T) => T;
}

/**
 * What a list+watch tells. After a (re)list `replace` gives the whole state; between those, single changes. Lost
 * connections, 410, silent servers and throttling are handled inside, with backoff; `error` reports each of them
 * once, for logs and metrics.
 */
export interface WatchHandlers<T> {
  /** `resourceVersion` is that of the list. */
  replace(objects: readonly T[], resourceVersion?: string): void;
  upsert(object: T): void;
  remove(object: T): void;
  error?(error: Error): void;
  /** The server answers again after an `error`: what was missed is on its way. */
  resumed?(): void;
}
