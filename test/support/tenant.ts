import type { FileChange, Repository } from '../gitserver/repository.ts';
import type { ApiObject } from './api-client.ts';
import { condition, isFailed, isReady } from './conditions.ts';
import type { LogLine } from './controller-process.ts';
import type { Environment } from './environment.ts';
import { type Kubectl, type Ref, ref } from './kubectl.ts';
import { waitFor } from './wait-for.ts';

export const kustomizeApi = 'kustomize.toolkit.fluxcd.io/v1';
export const sourceApi = 'source.toolkit.fluxcd.io/v1';

export type Files = Readonly<Record<string, FileChange>>;

export interface InventoryEntry {
  readonly id: string;
  readonly v: string;
}

/** `status` of a Kustomization. */
export interface KustomizationStatus {
  readonly observedGeneration?: number;
  readonly lastAppliedRevision?: string;
  readonly lastAttemptedRevision?: string;
  readonly lastHandledReconcileAt?: string;
  readonly inventory?: { readonly entries: readonly InventoryEntry[] };
  readonly history?: readonly {
    readonly digest: string;
    readonly lastReconciledStatus: string;
    readonly totalReconciliations: number;
    readonly metadata?: Readonly<Record<string, string>>;
  }[];
}

/** An Event about an object. */
export interface SeenEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
}

export function statusOf(object: ApiObject): KustomizationStatus {
  return (object['status'] ?? {}) as KustomizationStatus;
}

/** The ids of the inventory, `namespace_name_group_Kind`, in its order. */
export function inventoryIds(object: ApiObject): readonly string[] {
  return (statusOf(object).inventory?.entries ?? []).map(({ id }) => id);
}

/** The objects of the inventory, as `Kind/name` in its order. */
export function inventoryOf(object: ApiObject): readonly string[] {
  return inventoryIds(object).map((id) => {
    const [, name, , kind] = id.split('_');
    return `${kind}/${name}`;
  });
}

export function messageOf(object: ApiObject, type = 'Ready'): string {
  return condition(object, type)?.message ?? '';
}

/** A namespace with a Git repository, and what its user does and sees there. */
export class Tenant {
  readonly kubectl: Kubectl;
  readonly repository: Repository;
  readonly namespace: string;
  readonly #environment: Environment;
  #tokens = 0;

  constructor(parts: { environment: Environment; kubectl: Kubectl; repository: Repository }) {
    this.#environment = parts.environment;
    this.kubectl = parts.kubectl;
    this.repository = parts.repository;
    this.namespace = parts.kubectl.namespace;
  }

  async commit(files: Files): Promise<string> {
    return this.repository.commit({ files });
  }

  /** Applies the GitRepository `repo` of this tenant's repository. */
  async source(spec: object = {}): Promise<ApiObject> {
    const all = { interval: '1h', url: this.repository.url, ref: { branch: 'main' }, ...spec };
    return this.#apply({ apiVersion: sourceApi, kind: 'GitRepository', metadata: { name: 'repo' }, spec: all });
  }

  /** Applies a Kustomization of that source, which prunes, and targets this namespace unless the spec says otherwise. */
  async kustomization(
    spec: object = {},
    name = 'app',
    annotations: Readonly<Record<string, string>> = {},
  ): Promise<ApiObject> {
    const sourceRef = { kind: 'GitRepository', name: 'repo' };
    const all = { interval: '1h', prune: true, targetNamespace: this.namespace, sourceRef, ...spec };
    return this.#apply({ apiVersion: kustomizeApi, kind: 'Kustomization', metadata: { name, annotations }, spec: all });
  }

  /** Commits files, and applies the source and a Kustomization of them. Waits for nothing. */
  async install(
    files: Files,
    spec: object = {},
    name = 'app',
    annotations: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const sha = await this.commit(files);
    await this.source();
    await this.kustomization(spec, name, annotations);
    return sha;
  }

  /** Commits files and has the source look. Waits for nothing. */
  async push(files: Files): Promise<string> {
    const sha = await this.commit(files);
    await this.fetch();
    return sha;
  }

  /** {@link push}, then waits until the Kustomization is ready with that. */
  async upgrade(files: Files, name = 'app'): Promise<ApiObject> {
    return this.applied(await this.push(files), name);
  }

  /** Has the source look for news. */
  async fetch(): Promise<void> {
    await this.#annotate(ref(sourceApi, 'GitRepository', 'repo'));
  }

  /** Asks for a reconcile of the Kustomization, and waits until that is handled. */
  async request(name = 'app'): Promise<ApiObject> {
    const token = await this.#annotate(this.app(name));
    return this.waitFor('handled', (object) => statusOf(object).lastHandledReconcileAt === token, name);
  }

  app(name = 'app'): Ref {
    return ref(kustomizeApi, 'Kustomization', name);
  }

  async waitFor(
    what: string,
    test: (object: ApiObject) => boolean,
    name = 'app',
    options: { readonly deadlineMs?: number } = {},
  ): Promise<ApiObject> {
    return this.kubectl.waitFor(this.app(name), what, test, options);
  }

  /** Waits until the Kustomization is ready as it is now. */
  async ready(name = 'app'): Promise<ApiObject> {
    return this.waitFor('ready', isReady, name);
  }

  /** Waits until the Kustomization is ready with a commit. */
  async applied(sha: string, name = 'app'): Promise<ApiObject> {
    const revision = `main@sha1:${sha}`;
    const test = (object: ApiObject): boolean => isReady(object) && statusOf(object).lastAppliedRevision === revision;
    return this.waitFor(`ready at ${sha}`, test, name);
  }

  /** Waits until the Kustomization has failed as it is now, for a reason, and with a message that has this in it. */
  async failed(reason: string, { name = 'app', says = '' } = {}): Promise<ApiObject> {
    return this.waitFor(
      `failed with ${reason} ${says}`,
      (object) => isFailed(object, reason) && messageOf(object).includes(says),
      name,
    );
  }

  /** Deletes the Kustomization and waits until it is gone. */
  async uninstall(name = 'app'): Promise<void> {
    await this.kubectl.delete(this.app(name));
    await this.kubectl.waitGone(this.app(name));
  }

  /** The Events about the Kustomization, oldest first, as far as they have arrived. */
  async events(name = 'app'): Promise<readonly SeenEvent[]> {
    const events = await this.kubectl.list('v1', 'Event');
    return events
      .filter((event) => {
        const about = event['involvedObject'] as { readonly kind: string; readonly name: string };
        return about.kind === 'Kustomization' && about.name === name;
      })
      .sort((a, b) => String(a['lastTimestamp']).localeCompare(String(b['lastTimestamp'])))
      .map(({ type, reason, message, count }) => ({
        type: String(type),
        reason: String(reason),
        message: String(message),
        count: Number(count ?? 1),
      }));
  }

  /** Waits for an Event about the Kustomization with this in its message, and gives all such. */
  async eventSaying(text: string, name = 'app'): Promise<readonly SeenEvent[]> {
    return waitFor(async () => {
      const found = (await this.events(name)).filter(({ message }) => message.includes(text));
      return found.length > 0 && found;
    }, `an event that says ${text}`);
  }

  /** What the kustomize-controller has logged about the Kustomization. */
  logs(name = 'app'): readonly LogLine[] {
    return this.#environment.kustomize.logs.filter(
      (line) => line['name'] === name && line['namespace'] === this.namespace,
    );
  }

  /** A ConfigMap's data, or undefined when there is no such ConfigMap. */
  async data(name: string): Promise<Readonly<Record<string, string>> | undefined> {
    const found = await this.kubectl.find(ref('v1', 'ConfigMap', name));
    return found === undefined ? undefined : ((found['data'] ?? {}) as Readonly<Record<string, string>>);
  }

  /** Names of the namespace's ConfigMaps that a Kustomization owns. */
  async configMaps(): Promise<readonly string[]> {
    const found = await this.kubectl.list('v1', 'ConfigMap', 'kustomize.toolkit.fluxcd.io/name');
    return found.map(({ metadata }) => metadata.name).sort();
  }

  async #annotate(object: Ref): Promise<string> {
    const token = `request-${++this.#tokens}`;
    await this.kubectl.annotate(object, { 'reconcile.fluxcd.io/requestedAt': token });
    return token;
  }

  async #apply(object: object): Promise<ApiObject> {
    const [applied] = await this.kubectl.apply([object]);
    if (applied === undefined) throw new Error('nothing was applied');
    return applied;
  }
}
