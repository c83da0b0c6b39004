import { ExecError } from '../../gotemplate/exec/exec-error.ts';
import { Budget, defaultLimits, LimitError, type Limits } from '../../gotemplate/exec/limits.ts';
import { ParseError } from '../../gotemplate/parse/parse.ts';
import { TemplateSet } from '../../gotemplate/template-set.ts';
import { compareText, fromBytes } from '../../gotemplate/value/go-text.ts';
import { GoMap, type Value } from '../../gotemplate/value/values.ts';
import { type Chart, type ChartFile, isLibrary } from '../chart/chart.ts';
import type { ChartInstance } from '../chart/instance.ts';
import { metadataValue } from '../chart/metadata.ts';
import { clean } from '../functions/paths.ts';
import { helmFunctions } from '../functions/table.ts';
import type { Host } from '../host.ts';
import { isPartial } from '../release/manifests.ts';
import { asValues, tableAt } from '../values/table.ts';
import { filesValue } from './files-value.ts';
import { executionFailure, parseFailure, type Texts } from './render-error.ts';

export interface RenderOptions {
  readonly host: Host;
  readonly limits?: Partial<Limits>;
  /** A key that a map does not have is an error. */
  readonly strict?: boolean;
  /** Milliseconds, for the limit of time. */
  readonly now?: () => number;
}

/** What every chart sees beside its own values. */
export interface TopLevel {
  readonly release: GoMap;
  readonly capabilities: Value;
  /** The coalesced values of the root chart. */
  readonly values: GoMap;
}

interface Renderable {
  readonly file: ChartFile;
  readonly dot: GoMap;
  readonly basePath: string;
}

/**
 * Executes every template of a chart and its dependencies; the output of each by its path, partials left out
 * (pkg/engine/engine.go). Throws RenderError.
 */
export function renderTemplates(
  chart: ChartInstance,
  top: TopLevel,
  options: RenderOptions,
): ReadonlyMap<string, string> {
  const templates = new Map<string, Renderable>();
  collect(chart, top, top.values, templates);
  const names = [...templates.keys()].sort(byDepth);
  const set = parsedTemplates(chart.chart, names, templates);
  const budget = new Budget({ ...defaultLimits, ...options.limits }, options.now);
  const outputs = names
    .filter((name) => !isPartial(name))
    .map((name) => [name, executeOne(set, name, templates, budget, options)] as const);
  return new Map(outputs);
}

/** Deeper ones first, so that what a parent defines replaces what its children define. */
function byDepth(a: string, b: string): number {
  const depth = b.split('/').length - a.split('/').length;
  return depth === 0 ? compareText(b, a) : depth;
}

/** Gathers the templates of a chart and those below it, each with the values of its chart. Gives the chart's dot. */
function collect(chart: ChartInstance, top: TopLevel, values: GoMap, templates: Map<string, Renderable>): GoMap {
  const about = metadataValue(chart.metadata, chart.hasChosen);
  about.entries.set('IsRoot', chart.isRoot);
  const subcharts = new GoMap();
  const dot = new GoMap(
    new Map<string, Value>([
      ['Chart', about],
      ['Files', filesValue(chart.files)],
      ['Release', top.release],
      ['Capabilities', top.capabilities],
      ['Values', asValues(values)],
      ['Subcharts', subcharts],
    ]),
  );
  for (const child of chart.dependencies)
    subcharts.entries.set(child.name, collect(child, top, tableAt(values, child.name) ?? new GoMap(), templates));
  const path = chart.fullPath;
  for (const file of chart.templates) {
    if (isLibrary(chart) && !isPartial(file.name)) continue;
    templates.set(clean(`${path}/${file.name}`), { file, dot, basePath: clean(`${path}/templates`) });
  }
  return dot;
}

interface ParsedChart {
  /** What was parsed, in order: another choice of dependencies gives other files, or other names. */
  readonly names: readonly string[];
  readonly files: readonly (ChartFile | undefined)[];
  readonly set: TemplateSet;
}

/** Charts are rendered over and over: their templates are parsed and compiled once for each choice of dependencies. */
const parsedCharts = new WeakMap<Chart, ParsedChart>();

function parsedTemplates(
  chart: Chart,
  names: readonly string[],
  templates: ReadonlyMap<string, Renderable>,
): TemplateSet {
  const files = names.map((name) => templates.get(name)?.file);
  const known = parsedCharts.get(chart);
  if (known !== undefined && isSame(known.names, names) && isSame(known.files, files)) return known.set;
  const set = new TemplateSet(helmFunctions);
  for (const name of names) parseOne(set, name, textsOf(templates));
  parsedCharts.set(chart, { names, files, set });
  return set;
}

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

function textsOf(templates: ReadonlyMap<string, Renderable>): Texts {
  return (name) => {
    const found = templates.get(name);
    return found === undefined ? undefined : fromBytes(found.file.data);
  };
}

function parseOne(set: TemplateSet, name: string, texts: Texts): void {
  try {
    set.parse(name, texts(name) ?? '');
  } catch (error) {
    throw error instanceof ParseError ? parseFailure(name, error, texts) : error;
  }
}

function executeOne(
  set: TemplateSet,
  name: string,
  templates: ReadonlyMap<string, Renderable>,
  budget: Budget,
  { host, strict = false }: RenderOptions,
): string {
  const renderable = templates.get(name);
  if (renderable === undefined) return '';
  const { dot, basePath } = renderable;
  dot.entries.set(
    'Template',
    new GoMap(
      new Map([
        ['Name', name],
        ['BasePath', basePath],
      ]),
      'common.Values',
      { underlying: 'map[string]interface {}' },
    ),
  );
  try {
    return set.execute(name, dot, { host, strict, budget }).replaceAll('<no value>', '');
  } catch (error) {
    throw error instanceof ExecError || error instanceof LimitError
      ? executionFailure(name, error, textsOf(templates))
      : error;
  }
}
