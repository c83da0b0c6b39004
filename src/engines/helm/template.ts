import type { Limits } from '../gotemplate/exec/limits.ts';
import { GoMap, int, type Value } from '../gotemplate/value/values.ts';
import { type Chart, isLibrary } from './chart/chart.ts';
import { ChartError } from './chart/fault.ts';
import { ChartInstance } from './chart/instance.ts';
import type { Host } from './host.ts';
import { type Hook, type Manifest, sortManifests } from './release/manifests.ts';
import { type PostRender, postRendered } from './release/post-render.ts';
import { releaseNameProblem } from './release-name.ts';
import { type Capabilities, capabilitiesValue, parseKubeVersion } from './render/capabilities.ts';
import { renderTemplates } from './render/render.ts';
import { coalesceValues, type Warn } from './values/coalesce.ts';
import { isCompatible, processDependencies } from './values/dependencies.ts';
import { checkSchemas } from './values/schema.ts';

/** The release that a chart is rendered for. */
export interface ReleaseInfo {
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  /** An upgrade rather than an installation. */
  readonly isUpgrade: boolean;
}

export interface TemplateOptions {
  readonly release: ReleaseInfo;
  /** What users give, laid over the chart's own values. */
  readonly values: GoMap;
  readonly capabilities: Capabilities;
  readonly host: Host;
  readonly limits?: Partial<Limits>;
  /** Milliseconds, for the limit of time. */
  readonly now?: () => number;
  /** A key that a map does not have is an error. */
  readonly strict?: boolean;
  readonly skipSchemaValidation?: boolean;
  /** NOTES.txt of dependencies, too. */
  readonly subNotes?: boolean;
  /** Changes what the templates made, before it is sorted. */
  readonly postRender?: PostRender;
  /** Told of values that do not go together. */
  readonly warn?: Warn;
}

export interface Rendered {
  /** The chart with the dependencies and values that it was rendered with, as a release keeps it. */
  readonly chart: ChartInstance;
  /** The values that the templates saw. */
  readonly values: GoMap;
  readonly manifests: readonly Manifest[];
  readonly hooks: readonly Hook[];
  /** The custom resource definitions of `crds`, which are no templates. */
  readonly crds: readonly { readonly path: string; readonly content: Uint8Array }[];
  readonly notes: string;
}

/**
 * Renders a chart as `helm install` and `helm template` do (pkg/action, Install and renderResources). Pure, but for what
 * the host answers. Throws ChartError for charts and values that cannot be used, RenderError and ManifestError for
 * what its templates make.
 */
export function renderChart(source: Chart, options: TemplateOptions): Rendered {
  const { release, warn = () => undefined } = options;
  if (isLibrary(source)) throw new ChartError('library charts are not installable');
  checkDependencies(source);
  const problem = releaseNameProblem(release.name);
  if (problem !== undefined) throw new ChartError(`release name check failed: ${problem}`);
  const chart = new ChartInstance(source);
  switchDependencies(chart, options.values, warn);
  const values = coalesceValues(chart, options.values, warn);
  if (options.skipSchemaValidation !== true) checkSchemas(chart, values);
  checkKubeVersion(source, options.capabilities);
  const top = { values, release: releaseValue(release), capabilities: capabilitiesValue(options.capabilities) };
  const files = new Map(renderTemplates(chart, top, options));
  const notes = takeNotes(files, chart.name, options.subNotes === true);
  const { postRender } = options;
  const sorted = sortManifests(postRender === undefined ? files : postRendered(files, postRender));
  return { chart, values, notes, crds: crdsOf(chart), ...sorted };
}

/**
 * The definitions (`crds`) of a chart, and of its dependencies that take part with these values. Throws ChartError.
 */
export function chartDefinitions(source: Chart, values: GoMap): Rendered['crds'] {
  const chart = new ChartInstance(source);
  switchDependencies(chart, values, () => undefined);
  return crdsOf(chart);
}

function switchDependencies(chart: ChartInstance, values: GoMap, warn: Warn): void {
  try {
    processDependencies(chart, values, warn);
  } catch (error) {
    if (!(error instanceof ChartError)) throw error;
    throw new ChartError(`chart dependencies processing failed: ${error.message}`, { cause: error });
  }
}

/** Charts that Chart.yaml names must lie in `charts` (pkg/action, CheckDependencies). */
function checkDependencies({ metadata, dependencies }: Chart): void {
  const missing = (metadata.dependencies ?? []).filter(
    ({ name }) => !dependencies.some((present) => present.metadata.name === name),
  );
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(', ');
  throw new ChartError(
    `an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: ${names}`,
  );
}

/** The cluster is not one that the chart is made for. */
export class KubeVersionError extends ChartError {}

function checkKubeVersion({ metadata: { kubeVersion } }: Chart, capabilities: Capabilities): void {
  if (kubeVersion === '') return;
  const parsed = parseKubeVersion(capabilities.kubeVersion);
  if (isCompatible(kubeVersion, parsed?.normalized ?? capabilities.kubeVersion)) return;
  const shown = parsed?.version ?? capabilities.kubeVersion;
  throw new KubeVersionError(
    `chart requires kubeVersion: ${kubeVersion} which is incompatible with Kubernetes ${shown}`,
  );
}

function releaseValue({ name, namespace, revision, isUpgrade }: ReleaseInfo): GoMap {
  return new GoMap(
    new Map<string, Value>([
      ['Name', name],
      ['Namespace', namespace],
      ['IsUpgrade', isUpgrade],
      ['IsInstall', !isUpgrade],
      ['Revision', int(revision)],
      ['Service', 'Helm'],
    ]),
  );
}

const NOTES = 'NOTES.txt';

/** NOTES.txt is for people: it leaves the manifests. */
function takeNotes(files: Map<string, string>, chart: string, subNotes: boolean): string {
  const notes: string[] = [];
  for (const [path, content] of files) {
    if (!path.endsWith(NOTES)) continue;
    files.delete(path);
    if (subNotes || path === `${chart}/templates/${NOTES}`) notes.push(content);
  }
  return notes.join('\n');
}

/** Definitions of the chart, then of its dependencies. */
function crdsOf(chart: ChartInstance): Rendered['crds'] {
  const own = chart.files
    .filter(({ name }) => name.startsWith('crds/') && /\.(ya?ml|json)$/i.test(name))
    .map(({ name, data }) => ({ path: `${chart.fullPath}/${name}`, content: data }));
  return [...own, ...chart.dependencies.flatMap(crdsOf)];
}
