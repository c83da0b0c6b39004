import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, matchesGlob } from 'node:path';
import { machineHost } from '../crypto/machine-host.ts';
import { manifestDocuments, manifestStream, type StreamOptions } from '../engines/helm/manifest-stream.ts';
import { splitManifests } from '../engines/helm/release/manifests.ts';
import { defaultCapabilities } from '../engines/helm/render/capabilities.ts';
import { type Rendered, renderChart } from '../engines/helm/template.ts';
import { readChart } from './chart-directory.ts';
import { readKubeVersion, readValueFlags, type ValueFlags } from './value-flags.ts';

/** What `sluice template` was asked for, by the names of helm's flags. */
export interface TemplateFlags extends ValueFlags {
  readonly namespace: string;
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

/** Renders a chart and prints what `helm template` prints, to `print`. Throws what the engine throws. */
export function runTemplate(
  name: string,
  path: string,
  flags: TemplateFlags,
  print: (text: string) => void,
  warn: (message: string) => void,
): void {
  const kubeVersion = readKubeVersion(flags.kubeVersion ?? '');
  const values = readValueFlags(flags);
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
