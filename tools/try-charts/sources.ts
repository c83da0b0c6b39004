import { helmImage, pushImage } from '../../test/registry/push.ts';
import { Registry } from '../../test/registry/registry.ts';
import { ChartRepository } from '../../test/support/chart-repository.ts';
import type { Trial } from './trial.ts';

const ways = ['http', 'oci', 'chart-ref'] as const;
const apiVersion = 'source.toolkit.fluxcd.io/v1';

/** How charts come to a HelmRelease. */
export type Way = (typeof ways)[number];

export function isWay(text: string): text is Way {
  return ways.some((way) => way === text);
}

/** Where charts are published. */
export interface ChartSource {
  publish(trial: Trial): Promise<void>;
  /** What a namespace needs for a chart's version, and what a HelmRelease says of it. */
  use(chart: Trial['chart']): { readonly objects: readonly object[]; readonly spec: object };
  stop(): Promise<void>;
}

/** A server of the kind that a way needs. */
export async function startSource(way: Way): Promise<ChartSource> {
  return way === 'http' ? repository() : registry(way);
}

async function repository(): Promise<ChartSource> {
  const charts = await ChartRepository.start();
  return {
    publish: async ({ chart, next, archives }) => {
      for (const [at, { metadata }] of [chart, next].entries()) {
        const { name, version } = metadata;
        charts.add({ name, version });
        charts.replace({ name, version }, archives[at] ?? new Uint8Array());
      }
    },
    use: (chart) => byRepository(chart, { url: charts.url }),
    stop: () => charts.stop(),
  };
}

async function registry(way: Exclude<Way, 'http'>): Promise<ChartSource> {
  const server = await Registry.start();
  const url = `oci://${server.address}/charts`;
  return {
    publish: async ({ chart, next, archives }) => {
      for (const [at, { metadata }] of [chart, next].entries()) {
        const { name, version } = metadata;
        const target = { url: server.url, repository: `charts/${name}`, tag: version };
        await pushImage(target, helmImage(Buffer.from(archives[at] ?? []), { name, version }));
      }
    },
    use: (chart) =>
      way === 'oci'
        ? byRepository(chart, { type: 'oci', url, insecure: true })
        : byReference(chart, { url: `${url}/${chart.metadata.name}`, insecure: true }),
    stop: () => server.stop(),
  };
}

function byRepository({ metadata: { name, version } }: Trial['chart'], spec: object): ReturnType<ChartSource['use']> {
  const sourceRef = { kind: 'HelmRepository', name: 'charts' };
  return {
    objects: [{ apiVersion, kind: 'HelmRepository', metadata: { name: 'charts' }, spec: { interval: '1h', ...spec } }],
    spec: { chart: { spec: { chart: name, version, sourceRef } } },
  };
}

function byReference({ metadata: { version } }: Trial['chart'], spec: object): ReturnType<ChartSource['use']> {
  const mediaType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
  const all = { interval: '1h', ref: { tag: version }, layerSelector: { mediaType, operation: 'copy' }, ...spec };
  return {
    objects: [{ apiVersion, kind: 'OCIRepository', metadata: { name: 'chart' }, spec: all }],
    spec: { chartRef: { kind: 'OCIRepository', name: 'chart' } },
  };
}
