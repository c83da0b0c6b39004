import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, matchesGlob } from 'node:path';
import { helmCrypto } from '../crypto/helm-crypto.ts';
import type { Host } from '../engines/helm/host.ts';
import { manifestStream } from '../engines/helm/manifest-stream.ts';
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

/** The machine, as the functions of templates ask for it. Nothing is looked up anywhere. */
export const machineHost: Host = {
  now: () => performance.timeOrigin + performance.now(),
  random: (count) => randomBytes(count),
  crypto: helmCrypto,
};

/** Renders a chart and prints what `helm template` prints, to `print`. Throws what the engine throws. */
export function runTemplate(
  name: string,
  path: string,
  flags: TemplateFlags,
  print: (text: string) => void,
  warn: (message: string) => void,
): void {
  const { kubeVersion = defaultCapabilities.kubeVersion } = flags;
  if (parseKubeVersion(kubeVersion) === undefined)
    throw new Error(`invalid kube version '${kubeVersion}': could not parse it as version`);
  const values = mergeUserValues(
    { ...flags, files: flags.values.map((file) => readFileSync(file === '-' ? 0 : file, 'utf8')) },
    (file) => readFileSync(file, 'utf8'),
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
    now: () => performance.now(),
    skipSchemaValidation: flags.skipSchemaValidation === true,
    warn,
  });
  const options = {
    includeCrds: flags.includeCrds === true,
    noHooks: !flags.hooks,
    skipTests: flags.skipTests === true,
  };
  if (flags.outputDir !== undefined) writeFiles(flags.outputDir, rendered, options, print);
  else if (flags.showOnly.length > 0) print(selected(manifestStream(rendered, options), flags.showOnly));
  else print(manifestStream(rendered, options));
}

type Shown = Parameters<typeof manifestStream>[1];

/** A file for every template, as helm writes them: with its header, several documents one after another. */
function writeFiles(dir: string, rendered: Rendered, options: Shown, print: (text: string) => void): void {
  const written = new Set<string>();
  for (const document of splitManifests(manifestStream(rendered, options))) {
    const path = /^# Source: (.+)\n/.exec(document)?.[1];
    if (path === undefined) continue;
    const file = join(dir, path);
    mkdirSync(dirname(file), { recursive: true });
    const write = written.has(file) ? appendFileSync : writeFileSync;
    write(file, `---\n${document.trimEnd()}\n`);
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
