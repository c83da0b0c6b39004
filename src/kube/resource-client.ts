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
import type { Discovery } from './discovery.ts';
import { isNotFound, TransportError } from './errors.ts';
import { impersonationHeaders } from './impersonate.ts';
import { type ListDeps, listAll } from './list.ts';
import { metadataAccept, partialObject } from './metadata.ts';
import type { KubeObject, ObjectKey, PartialObject, ResourceType } from './object.ts';
import { runReflector, type WatchTuning } from './reflector.ts';
import type { ApiRequest, Requester } from './requester.ts';
import { collectionPath, objectPath, withQuery } from './resource-path.ts';
import { yamlSafeJson } from './yaml-safe-json.ts';

const patchTypes: Readonly<Record<PatchType, string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/** One identity's view of the API server. */
export class ResourceClient implements Client {
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
    return this.#object<T>(await this.#json(type, key, { method: 'GET', path, idempotent: true }, options));
  }

  async getMetadata(type: ResourceType, key: ObjectKey, options?: CallOptions): Promise<PartialObject> {
    const request = { method: 'GET', path: objectPath(type, key), idempotent: true, accept: metadataAccept } as const;
    return partialObject(this.#object(await this.#json(type, key, request, options)), type);
  }

  list<T extends KubeObject = KubeObject>(type: ResourceType, options: ListOptions = {}): Promise<readonly T[]> {
    return this.#list<T>(type, options, false);
  }

  listMetadata(type: ResourceType, options: ListOptions = {}): Promise<readonly PartialObject[]> {
    return this.#list<PartialObject>(type, options, true);
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
    return this.#object<T>(await this.#json(type, undefined, request, options));
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
    const answer = await this.#json(type, object.metadata, request, options);
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
    return this.#object<T>(await this.#json(type, key, request, options));
  }

  async delete(type: ResourceType, key: ObjectKey, options: DeleteOptions = {}): Promise<boolean> {
    const { propagationPolicy, preconditions, dryRun } = options;
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
      ...(preconditions === undefined ? {} : { preconditions }),
      ...(dryRun === true ? { dryRun: ['All'] } : {}),
    };
    const answer = this.#requester.json({
      method: 'DELETE',
      path: objectPath(type, key),
      // Sent again after a lost answer it may find nothing: callers take NotFound for done anyway.
      idempotent: true,
      contentType: json,
      body: JSON.stringify(body),
      ...this.#about(type, key),
      ...bounds(options),
    });
    const { value } = await this.#noticing(type, answer);
    return isRecord(value) && value['kind'] === 'Status';
  }

  impersonate(as: Impersonation): Client {
    return new ResourceClient(this.#requester, this.#tuning, as, this.discovery);
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

  #json(
    type: ResourceType,
    key: ObjectKey | undefined,
    request: ApiRequest,
    options: CallOptions | undefined,
  ): Promise<{ readonly status: number; readonly value: unknown }> {
    return this.#noticing(type, this.#requester.json({ ...request, ...this.#about(type, key), ...bounds(options) }));
  }

  async #list<T extends PartialObject>(
    type: ResourceType,
    options: ListOptions,
    metadataOnly: boolean,
  ): Promise<readonly T[]> {
    return (await this.#noticing(type, listAll<T>(this.#listDeps(type, options), type, options, metadataOnly))).items;
  }

  /** Where the server turns out not to serve a kind any more, discovery is told. */
  async #noticing<T>(type: ResourceType, answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (isUnserved(error)) this.discovery.invalidate(type.group);
      throw error;
    }
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

/** A 404 that names no object is about the kind. */
function isUnserved(error: unknown): boolean {
  return isNotFound(error) && (!error.details?.name || error.hasCause('UnexpectedServerResponse'));
}

function bounds(options: CallOptions | undefined): Pick<ApiRequest, 'signal' | 'timeoutMs'> {
  return { signal: options?.signal, timeoutMs: options?.timeoutMs };
}

function writeQuery(options: WriteOptions): Record<string, string | boolean | undefined> {
  const { fieldManager, fieldValidation, dryRun } = options;
  return { fieldManager, fieldValidation, dryRun: dryRun === true ? 'All' : undefined };
}
