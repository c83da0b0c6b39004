import { parseSemverRange } from '../../../lib/semver-range.ts';
import { parseLooseVersion } from '../../../lib/semver-version.ts';
import { printPlain } from '../../gotemplate/fmt/print-value.ts';
import { GoMap, type Value } from '../../gotemplate/value/values.ts';
import type { ChartInstance } from '../chart/instance.ts';
import type { Dependency } from '../chart/metadata.ts';
import { coalesceValues, copyValues, mergeTables, type Warn } from './coalesce.ts';
import { tableAt, valueAt } from './table.ts';

/**
 * Switches dependencies on and off by their conditions and tags, gives them their aliases, and imports their values
 * into their parents (pkg/chart/v2/util, ProcessDependencies). Throws ChartError.
 */
export function processDependencies(chart: ChartInstance, given: GoMap, warn: Warn): void {
  enable(chart, given, '', warn);
  importAll(chart, warn);
}

/** Whether a version is in a range; what cannot be read is not. */
export function isCompatible(range: string, version: string): boolean {
  const parsed = parseLooseVersion(version);
  if (parsed === undefined) return false;
  try {
    return parseSemverRange(range).includes(parsed);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function enable(chart: ChartInstance, given: GoMap, path: string, warn: Warn): void {
  const { dependencies } = chart.metadata;
  if (dependencies === undefined) return;
  chart.setDependencies([...undeclared(chart, dependencies), ...dependencies.flatMap((one) => aliased(chart, one))]);
  const named = dependencies.map((one) => (one.alias === '' ? one : { ...one, name: one.alias }));
  const values = coalesceValues(chart, given, warn);
  const off = new Set(named.filter((one) => !isEnabled(one, values, path, warn)).map(({ name }) => name));
  const kept = chart.dependencies.filter(({ name }) => !off.has(name));
  for (const dependency of kept) enable(dependency, values, `${path}${dependency.name}.`, warn);
  const left = named.filter(({ name }) => !off.has(name));
  chart.hasChosen = true;
  chart.metadata = { ...chart.metadata, dependencies: left };
  chart.setDependencies(kept);
}

/** Charts that lie in `charts` although Chart.yaml does not name them. */
function undeclared(chart: ChartInstance, declared: readonly Dependency[]): readonly ChartInstance[] {
  return chart.dependencies.filter(
    (existing) =>
      !declared.some(({ name, version }) => name === existing.name && isCompatible(version, existing.metadata.version)),
  );
}

function aliased(chart: ChartInstance, { name, version, alias }: Dependency): readonly ChartInstance[] {
  const found = chart.dependencies.find((one) => one.name === name && isCompatible(version, one.metadata.version));
  return found === undefined ? [] : [found.copy(alias === '' ? name : alias)];
}

/** Tags first; a condition that is a bool has the last word. */
function isEnabled(dependency: Dependency, values: GoMap, path: string, warn: Warn): boolean {
  for (const condition of dependency.condition.trim().split(',')) {
    if (condition === '') continue;
    const value = valueAt(values, path + condition);
    if (typeof value === 'boolean') return value;
    if (value !== undefined) warn(`returned non-bool value path=${condition} chart=${dependency.name}`);
  }
  return byTags(dependency, values, warn);
}

function byTags({ name, tags }: Dependency, values: GoMap, warn: Warn): boolean {
  const table = tableAt(values, 'tags');
  if (table === undefined) return true;
  const found = tags.flatMap((tag) => (table.entries.has(tag) ? [[tag, table.entries.get(tag)] as const] : []));
  for (const [tag, value] of found)
    if (typeof value !== 'boolean') warn(`returned non-bool value tag=${tag} chart=${name}`);
  return found.some(([, value]) => value === true) || !found.some(([, value]) => value === false);
}

/** From the leaves to the root, so that values can be handed on. */
function importAll(chart: ChartInstance, warn: Warn): void {
  for (const dependency of chart.dependencies) importAll(dependency, warn);
  const { dependencies } = chart.metadata;
  if (dependencies === undefined) return;
  const values = coalesceValues(chart, new GoMap(), warn, true);
  let imported = new GoMap();
  for (const dependency of dependencies)
    for (const wanted of dependency.importValues) {
      const found = importOf(dependency, wanted, values, warn);
      if (found !== undefined) imported = mergeTables(imported, found, warn);
    }
  chart.values = mergeTables(copyValues(values), imported, warn);
  chart.metadata = { ...chart.metadata, dependencies: dependencies.map(withFullImports) };
}

/** Imports in their long form, as templates and releases see them from now on. */
function withFullImports(dependency: Dependency): Dependency {
  const full = dependency.importValues.flatMap((wanted) => {
    if (typeof wanted === 'string') return [importPair(`exports.${wanted}`, '.')];
    if (!(wanted instanceof GoMap)) return [];
    return [importPair(printPlain(wanted.entries.get('child')), printPlain(wanted.entries.get('parent')))];
  });
  return { ...dependency, importValues: full };
}

function importPair(child: string, parent: string): GoMap {
  const entries = [['child', child] as const, ['parent', parent] as const];
  return new GoMap(new Map<string, Value>(entries), 'map[string]string');
}

function importOf({ name }: Dependency, wanted: Value, values: GoMap, warn: Warn): GoMap | undefined {
  if (typeof wanted === 'string') return found(`${name}.exports.${wanted}`, values, warn);
  if (!(wanted instanceof GoMap)) return undefined;
  const child = printPlain(wanted.entries.get('child'));
  const parent = printPlain(wanted.entries.get('parent'));
  const table = found(`${name}.${child}`, values, warn);
  if (table === undefined || parent === '.') return table;
  return parent.split('.').reduceRight<GoMap>((inner, key) => new GoMap(new Map<string, Value>([[key, inner]])), table);
}

function found(path: string, values: GoMap, warn: Warn): GoMap | undefined {
  const table = tableAt(values, path);
  if (table === undefined) warn(`ImportValues missing table: ${path}`);
  return table;
}
