import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { unpackChart } from '../artifact/chart-archive.ts';
import { machineHost } from '../crypto/machine-host.ts';
import { fromBytes } from '../engines/gotemplate/value/go-text.ts';
import type { GoMap } from '../engines/gotemplate/value/values.ts';
import { loadChart } from '../engines/helm/chart/load.ts';
import { lintChart } from '../engines/helm/lint/lint.ts';
import type { LintMessage } from '../engines/helm/lint/message.ts';
import type { LintSource } from '../engines/helm/lint/source.ts';
import { defaultCapabilities } from '../engines/helm/render/capabilities.ts';
import { readChart } from './chart-directory.ts';
import { readKubeVersion, readText, readValueFlags, type ValueFlags } from './value-flags.ts';

/** What `sluice lint` was asked for, by the names of helm's flags. */
export interface LintFlags extends ValueFlags {
  readonly namespace: string;
  readonly kubeVersion?: string;
  readonly strict?: boolean;
  readonly quiet?: boolean;
  readonly withSubcharts?: boolean;
  readonly skipSchemaValidation?: boolean;
}

/** Told what helm logs. */
export type Log = (level: 'INFO' | 'WARN', message: string, about?: string) => void;

/**
 * Examines charts and prints what `helm lint` prints, to `print`. Throws Error, whose message is the summary, when one
 * of them has errors; or when values cannot be read.
 */
export function runLint(paths: readonly string[], flags: LintFlags, print: (text: string) => void, log: Log): void {
  const kubeVersion = readKubeVersion(flags.kubeVersion ?? '');
  const all =
    flags.withSubcharts === true ? [...paths, ...paths.flatMap((path) => chartsBelow(join(path, 'charts')))] : paths;
  const values = readValueFlags(flags);
  const results = all.map((path) => lintOne(path, values, { ...flags, kubeVersion }, log));
  const shown = results.filter(({ isClean }) => flags.quiet !== true || !isClean);
  print(shown.map(({ text }) => text).join(''));
  const failed = results.filter(({ isFailed }) => isFailed).length;
  const summary = `${all.length} chart(s) linted, ${failed} chart(s) failed`;
  if (failed > 0) throw new Error(summary);
  if (shown.length > 0 || flags.quiet !== true) print(`${summary}\n`);
}

/** The charts below a folder, in the order in which filepath.Walk finds them. */
function chartsBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return chartsBelow(path);
      if (entry.name === 'Chart.yaml') return [folder];
      return isArchive(path) ? [path] : [];
    });
}

function isArchive(path: string): boolean {
  return path.endsWith('.tgz') || path.endsWith('.tar.gz');
}

interface Result {
  readonly text: string;
  /** Nothing is worse than information. */
  readonly isClean: boolean;
  readonly isFailed: boolean;
}

function lintOne(path: string, values: GoMap, flags: LintFlags & { readonly kubeVersion: string }, log: Log): Result {
  const told = messagesOf(path, values, flags, log);
  if (typeof told === 'string')
    return { text: `==> Linting ${path}\nError ${told}\n\n`, isClean: false, isFailed: true };
  const isWorse = ({ severity }: LintMessage): boolean => severity !== 'INFO';
  const isFailed = told.some(
    ({ severity }) => severity === 'ERROR' || (severity === 'WARNING' && flags.strict === true),
  );
  const lines = told
    .filter((message) => flags.quiet !== true || isWorse(message))
    .map((message) => `[${message.severity}] ${message.path}: ${message.text}\n`);
  return { text: `==> Linting ${path}\n${lines.join('')}\n`, isClean: !told.some(isWorse), isFailed };
}

/** The reason where it is no chart at all. */
function messagesOf(
  path: string,
  values: GoMap,
  { namespace, kubeVersion, skipSchemaValidation = false }: LintFlags & { readonly kubeVersion: string },
  log: Log,
): readonly LintMessage[] | string {
  const source = isArchive(path) ? archiveSource(path) : directorySource(path);
  if (typeof source === 'string') return source;
  return lintChart(source, {
    values,
    namespace,
    capabilities: { ...defaultCapabilities, kubeVersion },
    host: { ...machineHost, lint: (level, what, message) => log(level, what, message) },
    now: () => Number(process.hrtime.bigint() / 1_000_000n),
    skipSchemaValidation,
    warn: (message) => log('INFO', message),
  });
}

function directorySource(path: string): LintSource | string {
  const dir = resolve(path);
  const chartFile = join(path, 'Chart.yaml');
  if (!existsSync(chartFile))
    return `unable to check Chart.yaml file in chart: stat ${chartFile}: no such file or directory`;
  return {
    dir,
    kindOf: (name) => {
      const facts = statSync(join(dir, name), { throwIfNoEntry: false });
      return facts === undefined ? undefined : facts.isDirectory() ? 'directory' : 'file';
    },
    text: (name) => readText(join(dir, name)),
    load: () => readChart(dir, { anyApiVersion: true }),
  };
}

/** Nothing is unpacked to the disk, so that the directory is named after the archive. */
function archiveSource(path: string): LintSource | string {
  let files: ReturnType<typeof unpackChart>;
  try {
    files = unpackChart(Buffer.from(readBytes(path)));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const texts = new Map(files.map(({ name, data }) => [name, data]));
  return {
    dir: join(dirname(resolve(path)), basename(path)),
    kindOf: (name) => {
      if (texts.has(name)) return 'file';
      return files.some((file) => file.name.startsWith(`${name}/`)) ? 'directory' : undefined;
    },
    text: (name) => fromBytes(texts.get(name) ?? new Uint8Array()),
    load: () => loadChart(files, { unpack: unpackChart, anyApiVersion: true }),
  };
}

function readBytes(path: string): Uint8Array {
  if (!existsSync(path)) throw new Error(`unable to open tarball: open ${path}: no such file or directory`);
  return readFileSync(path);
}
