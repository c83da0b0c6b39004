import assert from 'node:assert/strict';
import type { ApiObject } from '../support/api-client.ts';
import { isReady } from '../support/conditions.ts';
import type { Environment } from '../support/environment.ts';
import { type Ref, ref } from '../support/kubectl.ts';
import { configMap, manifest } from '../support/manifests.ts';
import { below, pick, type Random } from '../support/random.ts';
import { type Files, inventoryIds, statusOf, type Tenant } from '../support/tenant.ts';

const ownerGroup = 'kustomize.toolkit.fluxcd.io';
const rbac = 'rbac.authorization.k8s.io';

/** The kinds that the fleet has objects of: with data, without, of another group. */
const kinds = [
  { apiVersion: 'v1', group: '', kind: 'ConfigMap' },
  { apiVersion: 'v1', group: '', kind: 'Secret' },
  { apiVersion: 'v1', group: '', kind: 'ServiceAccount' },
  { apiVersion: `${rbac}/v1`, group: rbac, kind: 'Role' },
] as const;
const appsPerTeam = 3;
const mostObjects = 25;

/** What a Kustomization shall have in the cluster: the value of each object, by its index. */
export interface App {
  readonly team: Tenant;
  readonly name: string;
  readonly objects: Map<number, string>;
  suspended: boolean;
}

/** Teams with a repository each, and what is in it: what the cluster has to be equal to in the end. */
export class Fleet {
  readonly apps: readonly App[];
  readonly #random: Random;

  private constructor(apps: readonly App[], random: Random) {
    this.apps = apps;
    this.#random = random;
  }

  /** Makes the namespaces, repositories, sources and Kustomizations, and waits until all are ready. */
  static async create(environment: Environment, random: Random, teams: number): Promise<Fleet> {
    const apps: App[] = [];
    for (let index = 0; index < teams; index++) {
      const team = await environment.tenant('soak');
      for (let app = 0; app < appsPerTeam; app++)
        apps.push({ team, name: `app-${app}`, objects: new Map(), suspended: false });
    }
    const fleet = new Fleet(apps, random);
    for (const app of apps) fleet.change(app);
    for (const team of new Set(apps.map((app) => app.team))) {
      await team.commit(fleet.#files(team));
      await team.source();
    }
    for (const app of apps) await fleet.install(app);
    for (const { team, name } of apps) await team.ready(name);
    return fleet;
  }

  async install({ team, name }: App): Promise<void> {
    await team.kustomization({ path: `./${name}`, retryInterval: '1s', timeout: '30s' }, name);
  }

  /** Adds, changes and removes objects in the model alone. */
  change({ objects }: App): void {
    const random = this.#random;
    if (random() < 0.03) objects.clear();
    for (let count = 1 + below(random, 8); count > 0; count--) {
      const index = below(random, mostObjects);
      if (objects.has(index) && random() < 0.4) objects.delete(index);
      else objects.set(index, String(below(random, 1_000_000)));
    }
  }

  /** Pushes what the model says of a team's apps. */
  async push(team: Tenant): Promise<void> {
    await team.push(this.#files(team));
  }

  /** One of the objects that should be in the cluster; undefined when the app has none. */
  someObject(app: App): Ref | undefined {
    const indexes = [...app.objects.keys()];
    if (indexes.length === 0) return undefined;
    const { apiVersion, kind, metadata } = objectOf(app, pick(this.#random, indexes), '');
    return ref(apiVersion, kind, metadata.name);
  }

  /**
   * Resumes everything, asks everybody for a last reconcile, and waits until all have the newest revision.
   * @throws {AssertionError} when a Kustomization's inventory or objects differ from what is in Git.
   */
  async assertEqual(): Promise<void> {
    for (const app of this.apps) {
      if (app.suspended) await app.team.kubectl.patch(app.team.app(app.name), { spec: { suspend: false } });
      app.suspended = false;
    }
    for (const team of new Set(this.apps.map((app) => app.team))) await this.push(team);
    for (const app of this.apps) await this.#assertApp(app);
  }

  async #assertApp(app: App): Promise<void> {
    const { team, name } = app;
    const head = await team.repository.head();
    const isThere = (object: ApiObject): boolean =>
      isReady(object) && statusOf(object).lastAppliedRevision === `main@sha1:${head}`;
    await team.waitFor(`ready at ${head}`, isThere, name, { deadlineMs: 120_000 });
    const object = await team.request(name);
    assert.ok(isThere(object), `${team.namespace}/${name} is not ready after a last look`);
    const wanted = [...app.objects].map(([index, value]) => objectOf(app, index, value));
    assert.deepEqual(
      inventoryIds(object).toSorted(),
      wanted.map(idOf).toSorted(),
      `inventory of ${team.namespace}/${name}`,
    );
    const found = await Promise.all(kinds.map(({ apiVersion, kind }) => owned(app, apiVersion, kind)));
    const seen = found.flat().map((one) => [one.kind, one.metadata.name, contentOf(one)].join(' '));
    const expected = wanted.map((one) => [one.kind, one.metadata.name, contentOf(one)].join(' '));
    assert.deepEqual(seen.toSorted(), expected.toSorted(), `objects of ${team.namespace}/${name}`);
  }

  #files(team: Tenant): Files {
    const files: Record<string, string> = {};
    for (const app of this.apps.filter((one) => one.team === team)) {
      files[`${app.name}/README.md`] = 'What this app has in the cluster.';
      const objects = [...app.objects].map(([index, value]) => objectOf(app, index, value));
      files[`${app.name}/all.yaml`] = objects.length === 0 ? '# nothing' : manifest(...objects);
    }
    return files;
  }
}

function objectOf({ name, team }: App, index: number, value: string) {
  const { apiVersion, kind } = kinds[index % kinds.length] ?? kinds[0];
  const metadata = { name: `${name}-${index}`, namespace: team.namespace, annotations: { value } };
  switch (kind) {
    case 'ConfigMap':
      return { ...configMap(metadata.name, { value }), metadata };
    case 'Secret':
      return { apiVersion, kind, metadata, stringData: { value } };
    case 'ServiceAccount':
      return { apiVersion, kind, metadata };
    case 'Role':
      return { apiVersion, kind, metadata, rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] };
  }
}

function idOf({ apiVersion, kind, metadata }: ReturnType<typeof objectOf>): string {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return `${metadata.namespace}_${metadata.name}_${group}_${kind}`;
}

async function owned({ team, name }: App, apiVersion: string, kind: string): Promise<readonly ApiObject[]> {
  const labels = `${ownerGroup}/name=${name},${ownerGroup}/namespace=${team.namespace}`;
  return team.kubectl.list(apiVersion, kind, labels);
}

/** What is the same of an object in Git and in the cluster, as text. */
function contentOf(object: Readonly<Record<string, unknown>>): string {
  const {
    data = {},
    stringData,
    rules,
    metadata,
  } = object as {
    readonly data?: Readonly<Record<string, string>>;
    readonly stringData?: Readonly<Record<string, string>>;
    readonly rules?: unknown;
    readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  };
  const encoded = Object.entries(stringData ?? {}).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return JSON.stringify([{ ...data, ...Object.fromEntries(encoded) }, rules, metadata.annotations?.['value']]);
}
