import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HelmChart } from '../../../crds/source/helm-chart.ts';
import type { BuildOptions } from './build.ts';

/** A HelmChart as unit tests need it. */
export function helmChart(
  spec: Partial<HelmChart['spec']> = {},
  status: NonNullable<HelmChart['status']> = {},
  name = 'demo',
): HelmChart {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'HelmChart',
    metadata: { name, namespace: 'apps', generation: 1, resourceVersion: '1' },
    spec: {
      interval: '1m',
      chart: 'demo',
      version: '*',
      reconcileStrategy: 'ChartVersion',
      sourceRef: { kind: 'HelmRepository', name: 'charts' },
      ...spec,
    },
    status,
  };
}

/** How a chart is built that nobody asked anything special of. */
export const plainBuild: BuildOptions = {
  valuesFiles: [],
  ignoreMissingValuesFiles: false,
  versionMetadata: '',
  limits: { maxBytes: 10 * 1024 ** 2, maxFileBytes: 5 * 1024 ** 2 },
};

/** Writes files below a directory. */
export async function writeFiles(root: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}
