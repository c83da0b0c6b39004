import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packChart, unpackChart } from '../../src/artifact/chart-archive.ts';
import type { Chart } from '../../src/engines/helm/chart/chart.ts';
import { loadChart } from '../../src/engines/helm/chart/load.ts';

/** A chart to be installed, what it is upgraded to, and its values. */
export interface Trial {
  readonly chart: Chart;
  /** The chart at its next minor version. */
  readonly next: Chart;
  /** Both, packed, the older one first. */
  readonly archives: readonly [Uint8Array, Uint8Array];
  readonly values: Readonly<Record<string, unknown>>;
}

/** A way of charts into a cluster and out of it again. */
export interface Trials {
  /** Figures of a chart's way. @throws {Error} when anything is wrong. */
  run(trial: Trial): Promise<string>;
  stop(): Promise<void>;
}

/** Reads a chart from a directory or a .tgz. */
export function readTrial(path: string, valuesOf: (name: string) => Trial['values']): Trial {
  const files = statSync(path).isDirectory() ? filesOf(path) : unpackChart(readFileSync(path));
  const load = (all: typeof files): Chart => loadChart(all, { unpack: unpackChart });
  const chart = load(files);
  const { name, version } = chart.metadata;
  const later = files.map((file) => (file.name === 'Chart.yaml' ? atVersion(file, nextMinor(version)) : file));
  const archives = [packChart(name, files), packChart(name, later)] as const;
  return { chart, next: load(later), archives, values: valuesOf(name) };
}

function filesOf(path: string): { readonly name: string; readonly data: Uint8Array }[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(path, name)).isFile())
    .sort()
    .map((name) => ({ name, data: readFileSync(join(path, name)) }));
}

function atVersion({ name, data }: { readonly name: string; readonly data: Uint8Array }, version: string) {
  const text = new TextDecoder().decode(data).replace(/^version:.*$/m, `version: ${version}`);
  return { name, data: Buffer.from(text) };
}

function nextMinor(version: string): string {
  const [major = '0', minor = '0'] = version.replace(/^v/, '').split('.');
  return `${major}.${Number(minor) + 1}.0`;
}
