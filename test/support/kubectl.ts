import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { loadAll } from 'js-yaml';
import { type ApiClient, ApiFailure, type ApiObject } from './api-client.ts';
import { isInForce, isRoleBinding } from './role-binding.ts';
import { waitFor } from './wait-for.ts';

/** Names one object. Any object that came from the server names itself. */
export interface Ref {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Names one object: `ref('apps/v1', 'Deployment', 'web')`, in the namespace of the {@link Kubectl} it is given to. */
export function ref(apiVersion: string, kind: string, name: string, namespace?: string): Ref {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

export interface ApplyOptions {
  readonly fieldManager?: string;
  /** Take fields from other managers instead of failing; true when absent. */
  readonly force?: boolean;
}

interface Resource {
  readonly path: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: ApiObject;
}

/** What a test does to a cluster, in kubectl's words, in one namespace. */
export class Kubectl {
  readonly client: ApiClient;
  /** Where objects go whose kind has namespaces and that name none. */
  readonly namespace: string;
  readonly #resources: Map<string, Resource>;

  constructor(client: ApiClient, namespace = 'default', resources: Map<string, Resource> = new Map()) {
    this.client = client;
    this.namespace = namespace;
    this.#resources = resources;
  }

  /** The same user in another namespace, which need not exist. */
  in(namespace: string): Kubectl {
    return new Kubectl(this.client, namespace, this.#resources);
  }

  /** Makes a namespace of its own for a test; its name begins with `prefix`. */
  async createNamespace(prefix = 'test'): Promise<Kubectl> {
    const namespace = `${prefix}-${randomBytes(4).toString('hex')}`;
    await this.client.call('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } });
    return this.in(namespace);
  }

  /**
   * Applies YAML documents or objects on the server's side, in order, and gives them as the server has them. Waits a
   * little for kinds that a CustomResourceDefinition has only just brought, and until role bindings are in force.
   */
  async apply(manifests: string | readonly object[], options: ApplyOptions = {}): Promise<ApiObject[]> {
    const { fieldManager = 'kubectl', force = true } = options;
    const documents = typeof manifests === 'string' ? loadAll(manifests) : manifests;
    const applied: ApiObject[] = [];
    for (const document of documents as ApiObject[]) {
      if (document === null) continue;
      const path = await this.#path(document);
      const query = { fieldManager, force };
      const contentType = 'application/apply-patch+yaml';
      applied.push(await this.client.call('PATCH', path, { query, contentType, body: document }));
    }
    for (const binding of applied.filter(isRoleBinding))
      await waitFor(async () => (await isInForce(this.client, binding)) ?? true, `${binding.metadata.name} in force`);
    return applied;
  }

  /** @throws {ApiFailure} with status 404 when there is none. */
  async get(object: Ref): Promise<ApiObject> {
    return this.client.call('GET', await this.#path(object));
  }

  /** The object, or undefined when there is none. */
  async find(object: Ref): Promise<ApiObject | undefined> {
    try {
      return await this.get(object);
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 404) return undefined;
      throw error;
    }
  }

  /** All objects of a kind in the namespace, or in the cluster for kinds without namespaces. */
  async list(apiVersion: string, kind: string, labelSelector = ''): Promise<ApiObject[]> {
    const path = await this.#collection({ apiVersion, kind });
    const { items } = await this.client.call<{ items: Omit<ApiObject, 'apiVersion' | 'kind'>[] }>('GET', path, {
      query: labelSelector === '' ? {} : { labelSelector },
    });
    return items.map((item) => ({ ...item, apiVersion, kind }) as ApiObject);
  }

  /** A merge patch (RFC 7386): null removes a key. */
  async patch(
    object: Ref,
    body: object,
    { fieldManager = 'kubectl-edit', subresource = '' }: { fieldManager?: string; subresource?: string } = {},
  ): Promise<ApiObject> {
    const path = `${await this.#path(object)}${subresource === '' ? '' : `/${subresource}`}`;
    const contentType = 'application/merge-patch+json';
    return this.client.call('PATCH', path, { query: { fieldManager }, contentType, body });
  }

  async annotate(object: Ref, annotations: Readonly<Record<string, string | null>>): Promise<ApiObject> {
    return this.patch(object, { metadata: { annotations } });
  }

  /** Deletes, and waits only until a role binding is out of force; no error when there is none. */
  async delete(object: Ref, propagationPolicy = 'Background'): Promise<void> {
    const binding = isRoleBinding(object) ? await this.find(object) : undefined;
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy };
    const path = await this.#path(object);
    const { status, text } = await this.client.send('DELETE', path, { body });
    if (status > 299 && status !== 404) throw new ApiFailure(`DELETE ${path}`, status, text);
    if (binding !== undefined)
      await waitFor(
        async () => (await isInForce(this.client, binding)) !== true,
        `${object.metadata.name} out of force`,
      );
  }

  /**
   * Watches one object until `test` accepts it, and gives it as it then is.
   *
   * @param what what is waited for, for the error's message.
   * @throws {Error} after the deadline, with the object's last status in the message.
   */
  async waitFor(
    object: Ref,
    what: string,
    test: (object: ApiObject) => boolean,
    options: { readonly deadlineMs?: number } = {},
  ): Promise<ApiObject> {
    const found = await this.#watch(object, what, (current) => current !== undefined && test(current), options);
    if (found === undefined) throw new Error('accepted an absent object');
    return found;
  }

  /** Watches one object until it is gone. */
  async waitGone(object: Ref, options: { readonly deadlineMs?: number } = {}): Promise<void> {
    await this.#watch(object, 'gone', (current) => current === undefined, options);
  }

  async #watch(
    object: Ref,
    what: string,
    accepts: (object: ApiObject | undefined) => boolean,
    { deadlineMs = 30_000 }: { readonly deadlineMs?: number },
  ): Promise<ApiObject | undefined> {
    const deadline = AbortSignal.timeout(deadlineMs);
    const name = `${object.kind}/${object.metadata.namespace ?? this.namespace}/${object.metadata.name}`;
    let last: ApiObject | undefined;
    let failure: unknown;
    while (!deadline.aborted) {
      try {
        for await (last of this.#states(object, deadline)) if (accepts(last)) return last;
        failure = undefined;
      } catch (error) {
        failure = error; // the server may be down on purpose: look again
      }
      await delay(100, undefined, { signal: deadline }).catch(() => {});
    }
    const seen = last === undefined ? 'there is no such object' : describe(last);
    throw new Error(`waited ${deadlineMs} ms in vain for ${name} to be ${what}; last seen: ${seen}`, {
      cause: failure,
    });
  }

  /** The object as it is and then whenever it changes, undefined when it is not there; until the watch ends. */
  async *#states(object: Ref, signal: AbortSignal): AsyncGenerator<ApiObject | undefined> {
    const path = await this.#collection(object);
    const { apiVersion, kind } = object;
    const fieldSelector = `metadata.name=${object.metadata.name}`;
    const list = await this.client.call<{ metadata: { resourceVersion: string }; items: ApiObject[] }>('GET', path, {
      query: { fieldSelector },
      signal,
    });
    yield list.items[0] && { ...list.items[0], apiVersion, kind };
    const { resourceVersion } = list.metadata;
    const query = { fieldSelector, watch: true, resourceVersion };
    for await (const event of this.client.stream<WatchEvent>(path, { query, signal })) {
      if (event.type === 'ERROR') return;
      if (event.type !== 'BOOKMARK') yield event.type === 'DELETED' ? undefined : event.object;
    }
  }

  async #path(object: Ref): Promise<string> {
    return `${await this.#collection(object)}/${encodeURIComponent(object.metadata.name)}`;
  }

  async #collection(object: Pick<Ref, 'apiVersion' | 'kind'> & Partial<Pick<Ref, 'metadata'>>): Promise<string> {
    const { path, plural, namespaced } = await this.#resource(object.apiVersion, object.kind);
    const namespace = object.metadata?.namespace ?? this.namespace;
    return namespaced ? `${path}/namespaces/${namespace}/${plural}` : `${path}/${plural}`;
  }

  async #resource(apiVersion: string, kind: string): Promise<Resource> {
    const key = `${apiVersion}/${kind}`;
    const known = this.#resources.get(key);
    if (known !== undefined) return known;
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const found = await waitFor(
      async (signal) => {
        const { resources } = await this.client.call<{
          resources: { name: string; kind: string; namespaced: boolean }[];
        }>('GET', path, { signal });
        return resources.find((resource) => resource.kind === kind && !resource.name.includes('/'));
      },
      `the server to know ${apiVersion} ${kind}`,
      { deadlineMs: 10_000 },
    );
    const resource = { path, plural: found.name, namespaced: found.namespaced };
    this.#resources.set(key, resource);
    return resource;
  }
}

/** The part of an object that tells why it is not as wanted. */
function describe(object: ApiObject): string {
  const { generation, deletionTimestamp, finalizers, annotations } = object.metadata;
  const shown = { metadata: { generation, deletionTimestamp, finalizers, annotations }, status: object['status'] };
  return JSON.stringify(shown).slice(0, 4000);
}
