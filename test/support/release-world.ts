import type { ApiObject } from './api-client.ts';
import type { ChartRepository, TestChart } from './chart-repository.ts';
import { condition, isFailed, isReady } from './conditions.ts';
import type { Environment } from './environment.ts';
import { type Kubectl, ref } from './kubectl.ts';

const helmApi = 'helm.toolkit.fluxcd.io/v2';
const sourceApi = 'source.toolkit.fluxcd.io/v1';

type Spec = Readonly<Record<string, unknown>>;

/** What the status of a HelmRelease says of its releases. */
export interface SeenStatus {
  readonly history?: readonly {
    readonly version: number;
    readonly status: string;
    readonly chartVersion: string;
    readonly digest: string;
    readonly testHooks?: Readonly<Record<string, { readonly phase?: string }>>;
  }[];
  readonly inventory?: { readonly entries: readonly { readonly id: string }[] };
  readonly observedGeneration?: number;
  readonly failures?: number;
  readonly lastHandledReconcileAt?: string;
}

/** A namespace of its own with a chart repository in it, and HelmReleases of the charts there. */
export class ReleaseWorld {
  readonly kubectl: Kubectl;
  readonly #spec: Spec;

  private constructor(kubectl: Kubectl, spec: Spec) {
    this.kubectl = kubectl;
    this.#spec = spec;
  }

  static async begin(environment: Environment, charts: ChartRepository): Promise<ReleaseWorld> {
    const kubectl = await environment.kubectl.createNamespace('hr');
    await kubectl.apply([
      {
        apiVersion: sourceApi,
        kind: 'HelmRepository',
        metadata: { name: 'charts' },
        spec: { interval: '1h', url: charts.url },
      },
    ]);
    return new ReleaseWorld(kubectl, { interval: '1h', timeout: '60s' });
  }

  /** Applies a HelmRelease of a chart; `spec` is laid over the usual one. */
  async release(chart: Pick<TestChart, 'name'> & { readonly version?: string }, spec: Spec = {}, name = 'demo') {
    const { version = '*' } = chart;
    const sourceRef = { kind: 'HelmRepository', name: 'charts' };
    const template = { spec: { chart: chart.name, version, sourceRef } };
    await this.kubectl.apply([
      {
        apiVersion: helmApi,
        kind: 'HelmRelease',
        metadata: { name },
        spec: { chart: template, ...this.#spec, ...spec },
      },
    ]);
  }

  /** Asks for a reconcile now, and for more where `also` says so. */
  async request(also: readonly ('forceAt' | 'resetAt')[] = [], name = 'demo'): Promise<string> {
    const token = String(process.hrtime.bigint());
    const all = ['requestedAt', ...also].map((what) => [`reconcile.fluxcd.io/${what}`, token]);
    await this.kubectl.annotate(this.ref(name), Object.fromEntries(all));
    return token;
  }

  /** Has the repository look for new charts. */
  async refresh(): Promise<void> {
    const token = String(process.hrtime.bigint());
    await this.kubectl.annotate(ref(sourceApi, 'HelmRepository', 'charts'), {
      'reconcile.fluxcd.io/requestedAt': token,
    });
  }

  ref(name = 'demo') {
    return ref(helmApi, 'HelmRelease', name);
  }

  /** The HelmRelease as soon as `wanted` says so of it. */
  waitFor(
    what: string,
    wanted: (object: ApiObject) => boolean,
    name = 'demo',
    deadlineMs = 60_000,
  ): Promise<ApiObject> {
    return this.kubectl.waitFor(this.ref(name), what, wanted, { deadlineMs });
  }

  /** The HelmRelease when it is ready for its present spec, at this revision of Helm if one is given. */
  async ready(version?: number, name = 'demo'): Promise<SeenStatus> {
    const object = await this.waitFor(
      version === undefined ? 'to be ready' : `to be ready at v${version}`,
      (seen) =>
        isReady(seen) &&
        statusOf(seen).observedGeneration === generationOf(seen) &&
        (version === undefined || statusOf(seen).history?.[0]?.version === version),
      name,
    );
    return statusOf(object);
  }

  /** The HelmRelease when Ready is False for this reason, with such a message. */
  failed(reason: string, { name = 'demo', says = /^/ } = {}): Promise<ApiObject> {
    const what = `to fail with ${reason} and ${says}`;
    return this.waitFor(what, (seen) => isFailed(seen, reason) && says.test(messageOf(seen)), name);
  }

  /** Names of the objects of a kind in the namespace, sorted. */
  async names(apiVersion: string, kind: string, selector = ''): Promise<readonly string[]> {
    const items = await this.kubectl.list(apiVersion, kind, selector);
    return items.map(({ metadata }) => metadata.name).sort();
  }

  /** The Secrets of Helm's storage. */
  storage(): Promise<readonly string[]> {
    return this.names('v1', 'Secret', 'owner=helm');
  }
}

export function statusOf(object: ApiObject): SeenStatus {
  return (object['status'] ?? {}) as SeenStatus;
}

export function messageOf(object: ApiObject, type = 'Ready'): string {
  return condition(object, type)?.message ?? '';
}

function generationOf({ metadata }: ApiObject): unknown {
  return metadata['generation'];
}
