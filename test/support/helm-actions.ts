import { StatusWaiter } from '../../src/apply/waiter.ts';
import { ActionError } from '../../src/controllers/helm/actions/action-error.ts';
import { ActionLog } from '../../src/controllers/helm/actions/action-log.ts';
import type { ChartInput, RenderWhat } from '../../src/controllers/helm/actions/chart-input.ts';
import type { ActionContext, WaitOptions } from '../../src/controllers/helm/actions/context.ts';
import type { InstallOptions } from '../../src/controllers/helm/actions/install.ts';
import type { RollbackOptions } from '../../src/controllers/helm/actions/rollback.ts';
import type { UninstallOptions } from '../../src/controllers/helm/actions/uninstall.ts';
import type { UpgradeOptions } from '../../src/controllers/helm/actions/upgrade.ts';
import { ReleaseCache } from '../../src/controllers/helm/storage/release-cache.ts';
import { HELM_GROUP, ownerLabels } from '../../src/crds/meta/names.ts';
import { machineHost } from '../../src/crypto/machine-host.ts';
import type { Chart } from '../../src/engines/helm/chart/chart.ts';
import { loadChart, readValues } from '../../src/engines/helm/chart/load.ts';
import { chartRecord } from '../../src/engines/helm/release/chart-record.ts';
import type { ReleaseRecord } from '../../src/engines/helm/release/record.ts';
import { defaultCapabilities } from '../../src/engines/helm/render/capabilities.ts';
import { type Rendered, renderChart } from '../../src/engines/helm/template.ts';
import type { Client } from '../../src/kube/client.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { parseYamlDocuments } from '../../src/yaml/parse.ts';

type Values = Readonly<Record<string, unknown>>;

const owner = { name: 'demo', namespace: 'team' };

/** A chart by its files; `Chart.yaml` is there unless it is given. Origin labels are added as the controller adds them. */
export function chartOf(files: Readonly<Record<string, string>>, values: Values = {}): ChartInput {
  const all = { 'Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 1.0.0\nappVersion: "9"\n', ...files };
  const encoder = new TextEncoder();
  const chart = loadChart(Object.entries(all).map(([name, text]) => ({ name, data: encoder.encode(text) })));
  return chartInput(chart, values);
}

/** Where a chart is rendered for. */
export interface ChartTarget {
  /** Tells what is served; the kinds that Helm knows when absent. */
  readonly client?: Client;
  readonly release?: ActionContext['release'];
}

/** A chart with values. */
export function chartInput(
  chart: Chart,
  values: Values,
  { client, release = { name: 'demo', namespace: 'team' } }: ChartTarget = {},
): ChartInput {
  const rendered = async (what: RenderWhat): Promise<Rendered> => {
    const served =
      client === undefined
        ? undefined
        : [...(await client.discovery.groupVersions()), ...(await client.discovery.servedKinds())];
    return renderChart(chart, {
      release: { ...release, revision: what.revision, isUpgrade: what.isUpgrade },
      values: readValues(JSON.stringify(what.values ?? values)),
      capabilities: { ...defaultCapabilities, ...(served === undefined ? {} : { apiVersions: served }) },
      host: machineHost,
      skipSchemaValidation: what.skipSchemaValidation,
      postRender: { run: withOrigin },
    });
  };
  const hasDefinitions = (one: Chart): boolean =>
    one.files.some(({ name }) => name.startsWith('crds/')) || one.dependencies.some(hasDefinitions);
  return {
    name: chart.metadata.name,
    version: chart.metadata.version,
    values,
    hasDefinitions: hasDefinitions(chart),
    definitions: async () => (await rendered({ revision: 1, isUpgrade: false, skipSchemaValidation: true })).crds,
    render: async (what) => {
      try {
        const made = await rendered(what);
        return { ...made, chart: chartRecord(made.chart) };
      } catch (error) {
        throw new ActionError(error instanceof Error ? error.message : String(error), { cause: error });
      }
    },
  };
}

function withOrigin(stream: string): string {
  const labels = ownerLabels(HELM_GROUP, owner);
  return parseYamlDocuments(stream)
    .filter((document) => document !== null)
    .map((document) => {
      const object = document as KubeObject;
      const metadata = { ...object.metadata, labels: { ...object.metadata.labels, ...labels } };
      return JSON.stringify({ ...object, metadata });
    })
    .join('\n---\n');
}

/** What a test sees of an action. */
export interface ActionBench {
  readonly context: ActionContext;
  /** Every record that was stored: `v1 deployed`. */
  readonly stored: string[];
  readonly cache: ReleaseCache;
}

/** An action's surroundings for a release of a name in a namespace, where it is stored too. */
export function actionBench(
  client: Client,
  namespace: string,
  {
    name = 'demo',
    signal = AbortSignal.timeout(120_000),
    ...more
  }: Partial<ActionContext> & { readonly name?: string } = {},
): ActionBench {
  const clock = more.clock ?? systemClock;
  const cache = new ReleaseCache({ clock });
  const target = { identity: { cluster: '' }, client, hold: () => ({ release: () => undefined }) };
  const stored: string[] = [];
  const context: ActionContext = {
    client,
    storage: cache.open(target, namespace),
    release: { name, namespace },
    owner,
    signal,
    clock,
    waiter: new StatusWaiter({ clock }),
    log: new ActionLog(clock),
    observe: ({ version, info }: ReleaseRecord) => stored.push(`v${version} ${info.status}`),
    ...more,
  };
  return { context, stored, cache };
}

export const watched: WaitOptions = { timeoutMs: 30_000, strategy: 'watcher', forJobs: true };

export function installing(chart: ChartInput, options: Partial<InstallOptions> = {}): InstallOptions {
  return {
    chart,
    wait: watched,
    crds: 'Create',
    createNamespace: false,
    serverSideApply: true,
    takeOwnership: true,
    disableHooks: false,
    disableSchemaValidation: false,
    replace: true,
    ...options,
  };
}

export function upgrading(chart: ChartInput, options: Partial<UpgradeOptions> = {}): UpgradeOptions {
  return {
    chart,
    wait: watched,
    crds: 'Skip',
    serverSideApply: 'auto',
    force: false,
    preserveValues: false,
    maxHistory: 5,
    takeOwnership: true,
    disableHooks: false,
    disableSchemaValidation: false,
    cleanupOnFail: false,
    ...options,
  };
}

export function rollingBack(version: number, options: Partial<RollbackOptions> = {}): RollbackOptions {
  return {
    version,
    wait: watched,
    serverSideApply: 'auto',
    force: false,
    maxHistory: 5,
    disableHooks: false,
    cleanupOnFail: false,
    ...options,
  };
}

export function uninstalling(options: Partial<UninstallOptions> = {}): UninstallOptions {
  return { wait: watched, keepHistory: false, disableHooks: false, deletionPropagation: 'background', ...options };
}
