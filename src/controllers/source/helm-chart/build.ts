/** What was made of a HelmChart: a chart with a name and version, new or the one in the artifact. */
export interface Build {
  readonly name: string;
  readonly version: string;
  /** The values files that its values.yaml was merged from. */
  readonly valuesFiles: readonly string[];
  /** How many dependencies were added. */
  readonly resolvedDependencies: number;
  /** It was packed here, and is not the archive that the source has. */
  readonly packaged: boolean;
  /** The archive; absent when it is the one in the artifact. */
  readonly archive?: Uint8Array;
}

/** One line about a build (internal/helm/chart/builder.go, Summary). */
export function summaryOf({ name, version, packaged, valuesFiles }: Build): string {
  const action = packaged ? 'packaged' : 'pulled';
  const merged = valuesFiles.length === 0 ? '' : ` and merged values files [${valuesFiles.join(' ')}]`;
  return `${action} '${name}' chart with version '${version}'${merged}`;
}

/** How a chart is to be built, and what there is already. */
export interface BuildOptions {
  /** As the spec has them. */
  readonly valuesFiles: readonly string[];
  readonly ignoreMissingValuesFiles: boolean;
  /** Behind the plus of the version; empty for none. */
  readonly versionMetadata: string;
  /** Name and version of the chart in the artifact; absent when there is none, or it is to be made anew. */
  readonly present?: { readonly name: string; readonly version: string; readonly valuesFiles?: readonly string[] };
  /** `--helm-chart-max-size` and `--helm-chart-file-max-size`. */
  readonly limits: ChartLimits;
}

export interface ChartLimits {
  readonly maxBytes: number;
  readonly maxFileBytes: number;
}

/** The values files that change something: `values.yaml` alone is what a chart has anyway. */
export function mergedFiles(valuesFiles: readonly string[]): readonly string[] {
  const [only] = valuesFiles;
  return valuesFiles.length === 1 && only !== undefined && cleanPath(only) === 'values.yaml' ? [] : valuesFiles;
}

/** The build of a chart that is in the artifact already; undefined when it is another (Builder.Build of both kinds). */
export function presentBuild(
  { name, version }: Pick<Build, 'name' | 'version'>,
  { present, valuesFiles }: BuildOptions,
  packaged: boolean,
): Build | undefined {
  if (present?.name !== name || present.version !== version) return undefined;
  return {
    name,
    version,
    packaged,
    valuesFiles: present.valuesFiles ?? mergedFiles(valuesFiles),
    resolvedDependencies: 0,
  };
}

/** A path without what leads nowhere: Go's filepath.Clean. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '..' || !path.startsWith('/')) parts.push(part);
  }
  return `${path.startsWith('/') ? '/' : ''}${parts.join('/')}` || '.';
}
