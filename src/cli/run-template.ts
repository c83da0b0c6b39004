import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, matchesGlob } from 'node:path';
import { machineHost } from '../crypto/machine-host.ts';
import { manifestDocuments, manifestStream, type StreamOptions } from '../engines/helm/manifest-stream.ts';
import { splitManifests } from '../engines/helm/release/manifests.ts';
import { defaultCapabilities, parseKubeVersion } from '../engines/helm/render/capabilities.ts';
import { type Rendered, renderChart } from '../engines/helm/template.ts';
import { mergeUserValues } from '../engines/helm/values/user-values.ts';
import { readChart } from './chart-directory.ts';

/** What `sluice template` was asked for, by the names of helm's flags. */
export interface TemplateFlags {
  readonly namespace: string;
  readonly values: readonly string[];
  readonly set: readonly string[];
  readonly setString: readonly string[];
  readonly setJson: readonly string[];
  readonly setFile: readonly string[];
  readonly setLiteral: readonly string[];
  readonly kubeVersion?: string;
  readonly apiVersions: readonly string[];
  readonly includeCrds?: boolean;
  /** False with `--no-hooks`. */
  readonly hooks: boolean;
  readonly skipTests?: boolean;
  readonly showOnly: readonly string[];
  readonly outputDir?: string;
  readonly isUpgrade?: boolean;
  readonly skipSchemaValidation?: boolean;
}

/** A warning as helm logs it. */
export function warningLine(message: string): string {
  return `level=INFO msg=${JSON.stringify(message)}\n`;
}

/** The version that was given, or the one for no cluster. */
function readKubeVersion(given: string): string {
  if (given === '') return defaultCapabilities.kubeVersion;
  if (parseKubeVersion(given) !== undefined) return given;
  const why = /^v?[0-9]/.test(given) ? `illegal version string "${given}"` : `could not parse "${given}" as version`;
  throw new Error(`invalid kube version '${given}': ${why}`);
}

/** Renders a chart and prints what `helm template` prints, to `print`. Throws what the engine throws. */
export function runTemplate(
  name: string,
  path: string,
  flags: TemplateFlags,
  print: (text: string) => void,
  warn: (message: string) => void,
): void {
  const kubeVersion = readKubeVersion(flags.kubeVersion ?? '');
  const values = mergeUserValues(
    {
      ...flags,
      files: flags.values.map((name) => ({ name, text: name === '-' ? readFileSync(0, 'utf8') : read(name) })),
    },
    (path) => readFlagFile(path),
  );
  const rendered = renderChart(readChart(path), {
    release: { name, namespace: flags.namespace, revision: 1, isUpgrade: flags.isUpgrade === true },
    values,
    capabilities: {
      ...defaultCapabilities,
      kubeVersion,
      apiVersions: [...defaultCapabilities.apiVersions, ...flags.apiVersions],
    },
    host: machineHost,
    // The clock of `performance` has to be loaded first.
    now: () => Number(process.hrtime.bigint() / 1_000_000n),
    skipSchemaValidation: flags.skipSchemaValidation === true,
    warn,
  });
  const options = {
    includeCrds: flags.includeCrds === true,
    noHooks: !flags.hooks,
    skipTests: flags.skipTests === true,
  };
  if (flags.outputDir !== undefined) writeFiles(flags.outputDir, rendered, options, print);
  const printed = flags.outputDir === undefined ? manifestStream(rendered, options) : '\n';
  print(flags.showOnly.length > 0 ? selected(printed, flags.showOnly) : printed);
}

/** A file as text. Errors are worded as the original words them. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    const reason = code === 'EISDIR' ? 'read' : 'open';
    const known = { ENOENT: 'no such file or directory', EACCES: 'permission denied', EISDIR: 'is a directory' };
    const why = Object.entries(known).find(([name]) => name === code)?.[1];
    throw why === undefined ? error : new Error(`${reason} ${path}: ${why}`, { cause: error });
  }
}

function readFlagFile(path: string): string {
  try {
    return read(path);
  } catch (error) {
    throw new Error(`failed parsing --set-file data: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** A file for every template, as helm writes them: with its header, several documents one after another. */
function writeFiles(dir: string, rendered: Rendered, options: StreamOptions, print: (text: string) => void): void {
  const written = new Set<string>();
  for (const { path, text } of manifestDocuments(rendered, options)) {
    const file = join(dir, path);
    mkdirSync(dirname(file), { recursive: true });
    const write = written.has(file) ? appendFileSync : writeFileSync;
    write(file, text);
    written.add(file);
    print(`wrote ${file}\n`);
  }
}

/** The documents of the templates that are asked for, in the order in which they are asked for. */
function selected(stream: string, wanted: readonly string[]): string {
  const documents = splitManifests(stream).flatMap((document) => {
    const path = /# Source: [^/]+\/(.+)/.exec(document)?.[1];
    return path === undefined ? [] : [{ path, document }];
  });
  return wanted
    .map((pattern) => {
      const found = documents.filter(({ path }) => path === pattern || matchesGlob(path, pattern));
      if (found.length === 0) throw new Error(`could not find template ${pattern} in chart`);
      return found.map(({ document }) => `---\n${document}\n`).join('');
    })
    .join('');
}
