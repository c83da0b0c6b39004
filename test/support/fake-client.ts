import { randomUUID } from 'node:crypto';
import type {
  ApplyOptions,
  Client,
  DeleteOptions,
  ListOptions,
  WatchHandlers,
  WatchOptions,
  WriteOptions,
} from '../../src/kube/client.ts';
import { ApiError, NoMatchError } from '../../src/kube/errors.ts';
import type { KubeObject, ObjectKey, PartialObject, ResourceType } from '../../src/kube/object.ts';
import { jsonEqual } from '../../src/lib/json.ts';
import { jsonPatch, mergePatch, ordinaryWrite, serverSideApply } from './fake-ssa.ts';

/** One request as the fake server saw it. */
export interface SeenRequest {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'apply' | 'dry-run' | 'patch' | 'delete';
  readonly kind: string;
  readonly name: string;
}

export type Answer = (request: SeenRequest, body?: KubeObject) => Error | undefined;

/** `Kind` to plural and scope; enough for the tests. */
export function resource(apiVersion: string, kind: string, namespaced = true): ResourceType {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const plural = `${kind.toLowerCase()}${kind.endsWith('s') ? 'es' : 's'}`;
  return { group, version, kind, plural, namespaced };
}

const defaultTypes: readonly ResourceType[] = [
  resource('v1', 'ConfigMap'),
  resource('v1', 'Secret'),
  resource('v1', 'Pod'),
  resource('v1', 'Service'),
  resource('v1', 'Namespace', false),
  resource('apps/v1', 'Deployment'),
  resource('apps/v1', 'StatefulSet'),
  resource('batch/v1', 'Job'),
  resource('rbac.authorization.k8s.io/v1', 'ClusterRole', false),
  resource('apiextensions.k8s.io/v1', 'CustomResourceDefinition', false),
  resource('apiregistration.k8s.io/v1', 'APIService', false),
];

interface Watcher {
  readonly type: ResourceType;
  readonly options: WatchOptions;
  readonly handlers: WatchHandlers<KubeObject>;
}

export function apiError(status: number, reason: string, message: string, causes: ApiError['details'] = {}): ApiError {
  return new ApiError({ status, reason, message, details: causes });
}

/**
 * An API server in memory behind the {@link Client} port: server-side apply with managedFields, dry runs, resource
 * versions, preconditions, finalizers and watches, no admission and no schemas. What it should refuse is up to
 * `answer`. For the real thing there is test/controlplane.
 */
export class FakeServer {
  readonly objects = new Map<string, KubeObject>();
  readonly requests: SeenRequest[] = [];
  types: readonly ResourceType[] = defaultTypes;
  answer: Answer = () => undefined;
  /** How events reach the watches: at once, unless a test has its own mind about it. */
  deliver: (event: () => void) => void = queueMicrotask;
  /** As in etcd, no object has the first one. */
  #version = 1;
  readonly #watchers = new Set<Watcher>();

  client(): Client {
    return fakeClient(this);
  }

  /** `verb Kind/name` of all requests since the last call. */
  taken(): string[] {
    return this.requests.splice(0).map(({ verb, kind, name }) => `${verb} ${kind}/${name}`);
  }

  find(kind: string, name: string): KubeObject | undefined {
    return [...this.objects.values()].find((object) => object.kind === kind && object.metadata.name === name);
  }

  /** Somebody else's write: a merge patch by `manager`, creating the object when it is absent. */
  edit(object: KubeObject, manager = 'kubectl-edit'): KubeObject {
    const type = this.typeOf(object);
    const live = this.objects.get(keyOf(type, object.metadata));
    return this.store(type, ordinaryWrite(live, mergePatch(live ?? {}, object) as KubeObject, manager), live, false);
  }

  typeOf(object: { readonly apiVersion: string; readonly kind: string }): ResourceType {
    const [version = '', group = ''] = object.apiVersion.split('/').reverse();
    const type = this.types.find((t) => t.kind === object.kind && t.group === group && t.version === version);
    if (type === undefined) throw new NoMatchError({ group, version, kind: object.kind });
    return type;
  }

  see(verb: SeenRequest['verb'], type: ResourceType, name: string, body?: KubeObject): void {
    const request: SeenRequest = { verb, kind: type.kind, name };
    this.requests.push(request);
    const error = this.answer(request, body);
    if (error !== undefined) throw error;
  }

  lookUp(type: ResourceType, key: ObjectKey): KubeObject {
    const found = this.objects.get(keyOf(type, key));
    if (found === undefined) throw apiError(404, 'NotFound', `${type.plural} "${key.name}" not found`);
    return found;
  }

  store(type: ResourceType, next: KubeObject, live: KubeObject | undefined, dryRun: boolean): KubeObject {
    const same = live !== undefined && jsonEqual(content(live), content(next));
    const { metadata } = live ?? { metadata: { uid: randomUUID(), creationTimestamp: '2026-01-01T00:00:00Z' } };
    const { namespace, ...named } = next.metadata;
    const stored = {
      ...next,
      metadata: {
        ...named,
        ...(type.namespaced ? { namespace } : {}),
        uid: metadata.uid,
        creationTimestamp: metadata.creationTimestamp,
        resourceVersion: live?.metadata.resourceVersion,
      },
    } as KubeObject;
    if (dryRun || same) return same ? live : stored;
    const kept = { ...stored, metadata: { ...stored.metadata, resourceVersion: String(++this.#version) } };
    this.objects.set(keyOf(type, kept.metadata), kept);
    this.#notify(type, kept, live);
    return kept;
  }

  remove(type: ResourceType, live: KubeObject): void {
    if ((live.metadata.finalizers ?? []).length > 0) {
      const deletionTimestamp = '2026-01-02T00:00:00Z';
      this.store(type, { ...live, metadata: { ...live.metadata, deletionTimestamp } }, live, false);
      return;
    }
    this.objects.delete(keyOf(type, live.metadata));
    const resourceVersion = String(++this.#version);
    this.#notify(type, undefined, { ...live, metadata: { ...live.metadata, resourceVersion } });
  }

  /** Ends all watches as a network does, and has them begin anew with a list. */
  interrupt(): void {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const watcher of watchers) {
      if (watcher.options.signal.aborted) continue;
      watcher.handlers.error?.(new Error('connection reset'));
      this.watch(watcher);
    }
  }

  watch(watcher: Watcher): void {
    const { type, options, handlers } = watcher;
    queueMicrotask(() => {
      if (options.signal.aborted) return;
      try {
        this.see('watch', type, options.fieldSelector ?? '');
      } catch (error) {
        handlers.error?.(error as Error);
        return;
      }
      this.#watchers.add(watcher);
      options.signal.addEventListener('abort', () => this.#watchers.delete(watcher), { once: true });
      const trim = options.trim ?? ((object) => object);
      const listed = this.listed(type).filter((object) => selects(options, object));
      handlers.replace(listed.map(trim) as KubeObject[], String(this.#version));
    });
  }

  /** How many watches are open. */
  get watching(): number {
    return this.#watchers.size;
  }

  listed(type: ResourceType): KubeObject[] {
    return [...this.objects]
      .filter(([key]) => key.startsWith(`${type.group}/${type.kind}/`))
      .map(([, object]) => object);
  }

  /** What no longer meets a selector is told as removed, in its former shape and with the new version. */
  #notify(type: ResourceType, now: KubeObject | undefined, before: KubeObject | undefined): void {
    for (const { type: watched, options, handlers } of this.#watchers) {
      if (watched.kind !== type.kind || watched.group !== type.group) continue;
      const trim = options.trim ?? ((object) => object);
      const tell = (what: 'upsert' | 'remove', object: KubeObject): void =>
        this.deliver(() => {
          if (!options.signal.aborted) handlers[what](trim(object) as KubeObject);
        });
      if (now !== undefined && selects(options, now)) tell('upsert', now);
      else if (before !== undefined && selects(options, before)) tell('remove', leaving(before, now));
    }
  }
}

function keyOf(type: ResourceType, key: ObjectKey): string {
  return `${type.group}/${type.kind}/${type.namespaced ? (key.namespace ?? '') : ''}/${key.name}`;
}

function content({ metadata, ...rest }: KubeObject): unknown {
  const { resourceVersion: _version, ...kept } = metadata;
  return { ...rest, metadata: kept };
}

function selects({ namespace, fieldSelector, labelSelector }: ListOptions, { metadata }: PartialObject): boolean {
  const labels = labelSelector?.split(',').map((part) => part.split('=')) ?? [];
  return (
    (namespace === undefined || namespace === metadata.namespace) &&
    (fieldSelector === undefined || fieldSelector === `metadata.name=${metadata.name}`) &&
    labels.every(([key = '', value]) =>
      value === undefined ? metadata.labels?.[key] !== undefined : metadata.labels?.[key] === value,
    )
  );
}

function leaving(before: KubeObject, now: KubeObject | undefined): KubeObject {
  const { resourceVersion = '' } = (now ?? before).metadata;
  return { ...before, metadata: { ...before.metadata, resourceVersion } };
}

function bodyVersionConflict(live: KubeObject, wanted: string | undefined): void {
  if (wanted !== undefined && wanted !== live.metadata.resourceVersion) {
    throw apiError(
      409,
      'Conflict',
      `Operation cannot be fulfilled on "${live.metadata.name}": the object has been modified`,
    );
  }
}

function fakeClient(server: FakeServer): Client {
  const client: Client = {
    discovery: {
      resourceFor: async ({ group, version, kind }) => ({
        ...server.typeOf({ apiVersion: group === '' ? version : `${group}/${version}`, kind }),
        verbs: ['get', 'list', 'watch', 'patch', 'delete', 'create'],
      }),
      groupVersions: async () =>
        server.types.map(({ group, version }) => (group === '' ? version : `${group}/${version}`)),
      servedKinds: async () =>
        server.types.map(({ group, version, kind }) => [group, version, kind].filter((part) => part !== '').join('/')),
      invalidate: () => undefined,
      watchInvalidation: () => undefined,
    },
    async get<T>(type: ResourceType, key: ObjectKey) {
      server.see('get', type, key.name);
      return server.lookUp(type, key) as T;
    },
    async getMetadata(type, key) {
      server.see('get', type, key.name);
      const { apiVersion, kind, metadata } = server.lookUp(type, key);
      return { apiVersion, kind, metadata };
    },
    async list<T>(type: ResourceType, options: ListOptions = {}) {
      server.see('list', type, '');
      return server.listed(type).filter((object) => selects(options, object)) as T[];
    },
    async listMetadata(type, options = {}) {
      server.see('list', type, '');
      return server.listed(type).filter((object) => selects(options, object));
    },
    async create<T extends KubeObject>(
      type: ResourceType,
      object: T,
      { fieldManager = 'unknown', dryRun = false }: WriteOptions = {},
    ) {
      server.see('create', type, object.metadata.name, object);
      return server.store(type, ordinaryWrite(undefined, object, fieldManager), undefined, dryRun) as T;
    },
    async apply<T extends KubeObject>(type: ResourceType, object: T, { fieldManager, dryRun = false }: ApplyOptions) {
      server.see(dryRun ? 'dry-run' : 'apply', type, object.metadata.name, object);
      const live = server.objects.get(keyOf(type, object.metadata));
      const { resourceVersion, ...metadata } = object.metadata;
      if (live !== undefined) bodyVersionConflict(live, resourceVersion);
      const applied = { ...object, metadata } as KubeObject;
      const result = server.store(type, serverSideApply(live, applied, fieldManager), live, dryRun);
      return { object: result as T, created: live === undefined };
    },
    async patch<T>(
      type: ResourceType,
      key: ObjectKey,
      { type: how, body }: { type: string; body: unknown },
      options: WriteOptions = {},
    ) {
      const { fieldManager = 'unknown', dryRun = false } = options;
      server.see('patch', type, key.name);
      const live = server.lookUp(type, key);
      if (how !== 'json') {
        return server.store(
          type,
          ordinaryWrite(live, mergePatch(live, body) as KubeObject, fieldManager),
          live,
          dryRun,
        ) as T;
      }
      const operations = body as { op: string; path: string; value?: unknown }[];
      bodyVersionConflict(
        live,
        operations.find(({ path }) => path === '/metadata/resourceVersion')?.value as string | undefined,
      );
      return server.store(type, jsonPatch(live, operations), live, dryRun) as T;
    },
    async delete(type, key, { preconditions = {} }: DeleteOptions = {}) {
      server.see('delete', type, key.name);
      const live = server.lookUp(type, key);
      bodyVersionConflict(live, preconditions.resourceVersion);
      if (preconditions.uid !== undefined && preconditions.uid !== live.metadata.uid) {
        throw apiError(409, 'Conflict', 'the UID in the precondition does not match');
      }
      server.remove(type, live);
      return !server.objects.has(keyOf(type, key));
    },
    impersonate: () => client,
    watch(type, options, handlers) {
      const untyped = { type, options, handlers } as unknown as Parameters<FakeServer['watch']>[0];
      server.watch(untyped);
    },
    raw: async () => {
      throw new Error('the fake server answers no raw requests');
    },
  };
  return client;
}
