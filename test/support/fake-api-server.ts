import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Connection } from '../../src/kube/connection.ts';
import type { KubeObject, ResourceType } from '../../src/kube/object.ts';
import { FakeStore, keyOfType, qualified, StatusFailure } from './fake-store.ts';
import { FakeWatch } from './fake-watch.ts';
import { waitFor } from './wait-for.ts';

export interface FakeApiServerOptions {
  /** The kinds it serves. */
  readonly types: readonly ResourceType[];
  /** Knows streaming lists (WatchList). Default true; false answers as servers before it do. */
  readonly streamingLists?: boolean;
  /** Aggregates discovery. Default true. */
  readonly aggregatedDiscovery?: boolean;
  /** Names a flow schema in each answer, as servers with priority and fairness do. */
  readonly fairness?: boolean;
}

/** A request it got. */
export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What becomes of one request instead of an answer from the store. */
export type Misbehaviour =
  | {
      readonly status: number;
      readonly reason?: string;
      readonly message?: string;
      readonly headers?: Headers;
      readonly details?: Readonly<Record<string, unknown>>;
    }
  /** An answer as it is: a proxy's page, something that is no JSON. */
  | { readonly status: number; readonly text: string; readonly type?: string; readonly headers?: Headers }
  | 'reset'
  /** No answer at all. */
  | 'silence'
  /** The head of an answer, and nothing after it. */
  | 'mute'
  /** The connection breaks within the answer. */
  | 'cut';

type Headers = Readonly<Record<string, string>>;

/** Chooses requests: by method and a part of the path. */
export interface Matcher {
  readonly method?: string;
  readonly path?: string | RegExp;
  readonly watch?: boolean;
}

interface Planned {
  readonly match: Matcher;
  readonly what: Misbehaviour;
}

interface Target {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/**
 * An API server of few kinds that speaks the wire format over HTTP: get, list with pages, create, patch, apply,
 * delete, watch with bookmarks, discovery; and misbehaves on request. For tests of what a real server does only on bad
 * days; it validates nothing and owns no fields.
 */
export class FakeApiServer {
  readonly store = new FakeStore();
  readonly requests: FakeRequest[] = [];
  readonly watches: FakeWatch[] = [];
  readonly types: ResourceType[];
  readonly #options: FakeApiServerOptions;
  readonly #server: Server;
  readonly #planned: Planned[] = [];

  private constructor(options: FakeApiServerOptions) {
    this.#options = options;
    this.types = [...options.types];
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(options: FakeApiServerOptions): Promise<FakeApiServer> {
    const fake = new FakeApiServer(options);
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How a client under test reaches it. */
  connection(more: Partial<Connection> = {}): Connection {
    return { server: this.url, credentials: { authorization: () => undefined }, tls: () => ({}), ...more };
  }

  /** The next requests that match fare like this, one each, in order. */
  misbehave(match: Matcher, ...what: Misbehaviour[]): void {
    for (const each of what) this.#planned.push({ match, what: each });
  }

  /** The requests that match, so far. */
  seen(match: Matcher): FakeRequest[] {
    return this.requests.filter((request) => matches(match, request));
  }

  /** The watch opened as number `index` (from 0), as soon as it is. */
  async watch(index: number): Promise<FakeWatch> {
    return waitFor(() => this.watches[index], `watch ${index} to be opened`, { deadlineMs: 10_000, intervalMs: 2 });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
    const request: FakeRequest = {
      method: message.method ?? 'GET',
      url: new URL(message.url ?? '/', this.url),
      headers: message.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    this.requests.push(request);
    if (this.#options.fairness === true) response.setHeader('x-kubernetes-pf-flowschema-uid', 'fake');
    const at = this.#planned.findIndex(({ match }) => matches(match, request));
    const [planned] = at === -1 ? [] : this.#planned.splice(at, 1);
    if (planned !== undefined) return misbehave(response, planned.what);
    try {
      this.#answer(request, response);
    } catch (error) {
      if (!(error instanceof StatusFailure)) throw error;
      send(request, response, error.code, error);
    }
  }

  #answer(request: FakeRequest, response: ServerResponse): void {
    const discovery = this.#discovery(request.url.pathname, request.headers.accept ?? '');
    if (discovery !== undefined) {
      send(request, response, 200, discovery);
      return;
    }
    const target = this.#target(request.url.pathname);
    if (target === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
      return;
    }
    if (request.url.searchParams.get('watch') === 'true') {
      this.#watch(target, request, response);
      return;
    }
    const { code, value } = this.#act(target, request);
    send(request, response, code, value);
  }

  #act(target: Target, request: FakeRequest): { code: number; value: object } {
    const { type, namespace, name = '' } = target;
    const key = { name, ...(namespace === undefined ? {} : { namespace }) };
    switch (request.method) {
      case 'GET':
        if (target.name === undefined) return { code: 200, value: this.#list(target, request) };
        return { code: 200, value: shaped(this.store.get(type, key), request) };
      case 'POST': {
        const object = JSON.parse(request.body) as KubeObject;
        if (this.store.find(type, object.metadata) !== undefined) {
          const message = `${qualified(type)} ${JSON.stringify(object.metadata.name)} already exists`;
          throw new StatusFailure(409, 'AlreadyExists', message);
        }
        return { code: 201, value: this.store.put(type, object) };
      }
      case 'PATCH':
        return this.#patch(target, key, request);
      case 'DELETE': {
        const { preconditions } = JSON.parse(request.body || '{}') as { preconditions?: { uid?: string } };
        const { uid } = this.store.get(type, key).metadata;
        if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
          throw new StatusFailure(409, 'Conflict', `the UID in the precondition (${preconditions.uid}) does not match`);
        }
        return { code: 200, value: this.store.remove(type, key) };
      }
      default:
        throw new StatusFailure(405, 'MethodNotAllowed', 'the server does not allow this method');
    }
  }

  /** Server-side apply and merge patches are the same here: the patch is merged, arrays replaced. */
  #patch(
    { type }: Target,
    key: { name: string; namespace?: string },
    request: FakeRequest,
  ): { code: number; value: object } {
    const apply = request.headers['content-type'] === 'application/apply-patch+yaml';
    const patch = JSON.parse(request.body) as KubeObject;
    const old = apply ? this.store.find(type, key) : this.store.get(type, key);
    const expected = patch.metadata?.resourceVersion;
    if (old !== undefined && expected !== undefined && expected !== old.metadata.resourceVersion) {
      const text = 'the object has been modified; please apply your changes to the latest version and try again';
      throw new StatusFailure(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${qualified(type)} "${key.name}": ${text}`,
      );
    }
    const merged = (old === undefined ? patch : merge(old, patch)) as KubeObject;
    const code = old === undefined ? 201 : 200;
    if (request.url.searchParams.get('dryRun') === 'All') return { code, value: merged };
    if (old !== undefined && JSON.stringify(merged) === JSON.stringify(old)) return { code, value: old };
    return { code, value: this.store.put(type, merged) };
  }

  #list({ type, namespace }: Target, request: FakeRequest): object {
    const { searchParams } = request.url;
    const limit = Number(searchParams.get('limit') ?? 0);
    const [version = this.store.version, from = 0] = (searchParams.get('continue') ?? '')
      .split('-')
      .filter(Boolean)
      .map(Number);
    if (version < this.store.oldest) {
      throw new StatusFailure(410, 'Expired', 'The provided continue parameter is too old');
    }
    const all = this.store.list(type, namespace).filter(selected(searchParams));
    const items = limit > 0 ? all.slice(from, from + limit) : all.slice(from);
    const more = from + items.length < all.length;
    return {
      kind: `${type.kind}List`,
      apiVersion: apiVersion(type),
      metadata: {
        resourceVersion: String(version),
        ...(more ? { continue: `${version}-${from + items.length}` } : {}),
      },
      // As the real one does: items of a list have neither apiVersion nor kind.
      items: items.map(({ apiVersion: _version, kind: _kind, ...rest }) => shaped(rest as KubeObject, request)),
    };
  }

  #watch({ type, namespace }: Target, request: FakeRequest, response: ServerResponse): void {
    const { searchParams } = request.url;
    const initial = searchParams.get('sendInitialEvents') === 'true';
    if (initial && this.#options.streamingLists === false) {
      const message = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
      throw new StatusFailure(
        422,
        'Invalid',
        `ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: ${message}`,
      );
    }
    const isSelected = selected(searchParams);
    const since = initial ? this.store.version : Number(searchParams.get('resourceVersion') ?? this.store.version);
    this.store.checkVersion(since);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const watch = new FakeWatch(request.url, response);
    const stop = this.store.follow(since, ({ type: event, resource, object }) => {
      if (keyOfType(resource) !== keyOfType(type) || !isSelected(object)) return;
      if (namespace !== undefined && object.metadata.namespace !== namespace) return;
      watch.send(event, shaped(object, request));
    });
    response.on('close', stop);
    if (initial) {
      for (const object of this.store.list(type, namespace).filter(isSelected))
        watch.send('ADDED', shaped(object, request));
      watch.bookmark(this.store.version, { apiVersion: apiVersion(type), kind: type.kind }, true);
    }
    this.watches.push(watch);
  }

  #target(path: string): Target | undefined {
    const core = /^\/api\/([^/]+)\/(.*)$/.exec(path);
    const [, group = '', version, rest = ''] = core
      ? [path, '', core[1], core[2]]
      : (/^\/apis\/([^/]+)\/([^/]+)\/(.*)$/.exec(path) ?? []);
    const parts = rest.split('/').map(decodeURIComponent);
    const namespaced = parts[0] === 'namespaces' && parts.length > 2;
    const [plural, name, subresource] = namespaced ? parts.slice(2) : parts;
    const type = this.types.find((each) => each.group === group && each.version === version && each.plural === plural);
    return type && { type, namespace: namespaced ? parts[1] : undefined, name, subresource };
  }

  #discovery(path: string, accept: string): object | undefined {
    const groups = Map.groupBy(this.types, ({ group }) => group);
    if (path === '/api' || path === '/apis') {
      const wanted = [...groups].filter(([group]) => (group === '') === (path === '/api'));
      if (this.#options.aggregatedDiscovery !== false && accept.includes('as=APIGroupDiscoveryList'))
        return aggregated(wanted);
      if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
      return {
        kind: 'APIGroupList',
        apiVersion: 'v1',
        groups: wanted.map(([name, types]) => legacyGroup(name, types)),
      };
    }
    const [, group = '', version] = /^\/apis?(?:\/([^/]+(?=\/)))?\/([^/]+)$/.exec(path) ?? [];
    const types = groups.get(group)?.filter((type) => type.version === version) ?? [];
    if (types.length === 0) return undefined;
    const resources = types.map(({ plural, kind, namespaced }) => ({ name: plural, kind, namespaced, verbs }));
    return { kind: 'APIResourceList', groupVersion: path.replace(/^\/apis?\//, ''), resources };
  }
}

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

function aggregated(groups: readonly [string, readonly ResourceType[]][]): object {
  const items = groups.map(([name, types]) => ({
    metadata: { name },
    versions: [...Map.groupBy(types, ({ version }) => version)].map(([version, inVersion]) => ({
      version,
      freshness: 'Current',
      resources: inVersion.map(({ plural, kind, group, namespaced }) => ({
        resource: plural,
        responseKind: { group, version, kind },
        scope: namespaced ? 'Namespaced' : 'Cluster',
        verbs,
      })),
    })),
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

function legacyGroup(name: string, types: readonly ResourceType[]): object {
  const versions = [...new Set(types.map(({ version }) => version))].map((version) => ({ version }));
  return { name, versions, preferredVersion: versions[0] };
}

function matches({ method, path, watch }: Matcher, request: FakeRequest): boolean {
  if (method !== undefined && method !== request.method) return false;
  if (watch !== undefined && (request.url.searchParams.get('watch') === 'true') !== watch) return false;
  const { pathname } = request.url;
  return path === undefined || (typeof path === 'string' ? pathname === path : path.test(pathname));
}

function misbehave(response: ServerResponse, what: Misbehaviour): void {
  const json = { 'content-type': 'application/json' };
  if (what === 'silence') return;
  if (what === 'mute') {
    response.writeHead(200, json).flushHeaders();
  } else if (what === 'reset') {
    response.socket?.resetAndDestroy();
  } else if (what === 'cut') {
    response.writeHead(200, { ...json, 'content-length': '1000' });
    response.write('{"kind":', () => response.socket?.destroy());
  } else if ('text' in what) {
    response.writeHead(what.status, { 'content-type': what.type ?? 'text/plain', ...what.headers }).end(what.text);
  } else {
    const { status, reason = '', message = '', headers, details } = what;
    const body = JSON.stringify(new StatusFailure(status, reason, message, details));
    response.writeHead(status, { ...json, ...headers }).end(body);
  }
}

function send({ headers }: FakeRequest, response: ServerResponse, code: number, value: object): void {
  const body = Buffer.from(JSON.stringify(value));
  // The real one compresses what is larger than 128 KiB.
  const packed = body.length > 128 * 1024 && String(headers['accept-encoding'] ?? '').includes('gzip');
  response.writeHead(code, { 'content-type': 'application/json', ...(packed ? { 'content-encoding': 'gzip' } : {}) });
  response.end(packed ? gzipSync(body, { level: 1 }) : body);
}

/** The object as the request's Accept header wants it. */
function shaped(object: KubeObject, { headers }: FakeRequest): object {
  if (!String(headers.accept ?? '').includes('as=PartialObjectMetadata')) return object;
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

/** Label selectors of the form `a=b,c` are enough. */
function selected(query: URLSearchParams): (object: KubeObject) => boolean {
  const terms = (query.get('labelSelector') ?? '').split(',').filter(Boolean);
  return ({ metadata: { labels = {} } }) =>
    terms.every((term) => {
      const [name = '', value] = term.split('=');
      return value === undefined ? Object.hasOwn(labels, name) : labels[name] === value;
    });
}

function merge(old: unknown, patch: unknown): unknown {
  if (!isObject(old) || !isObject(patch)) return patch;
  const merged: Record<string, unknown> = { ...old };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = merge(merged[name], value);
  }
  return merged;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function apiVersion({ group, version }: ResourceType): string {
  return group === '' ? version : `${group}/${version}`;
}
