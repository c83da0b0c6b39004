import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { quote } from '../../gotemplate/parse/quote.ts';
import { fromBytes } from '../../gotemplate/value/go-text.ts';
import { GoMap, type Value } from '../../gotemplate/value/values.ts';
import { mismatch } from '../functions/data.ts';
import { readYaml } from '../functions/yaml.ts';
import type { Chart, ChartFile } from './chart.ts';
import { ChartError, ValidationError } from './fault.ts';
import {
  type ChartLock,
  type Dependency,
  type Metadata,
  readDependencies,
  readLock,
  readMetadata,
  validated,
} from './metadata.ts';

export interface LoadOptions {
  /** Unpacks a .tgz in `charts`: the files of the chart in it, relative to that. Without it such charts are refused. */
  readonly unpack?: (archive: Uint8Array) => readonly ChartFile[];
  /** Whether it is not asked which API version of charts it is, as when charts are examined. */
  readonly anyApiVersion?: boolean;
}

/** How deep charts may lie within charts. */
const MAX_DEPTH = 32;

/** A chart from its files (pkg/chart/v2/loader, LoadFiles). Throws {@link ChartError}. */
export function loadChart(files: readonly ChartFile[], options: LoadOptions = {}, depth = 0): Chart {
  if (depth > MAX_DEPTH) throw new ChartError(`charts are nested more than ${MAX_DEPTH} deep`);
  const metadata = readChartYaml(files, options.anyApiVersion === true);
  const own: { templates: ChartFile[]; files: ChartFile[] } = { templates: [], files: [] };
  const nested = new Map<string, ChartFile[]>();
  let values = new GoMap();
  let valuesFile: Uint8Array | undefined;
  let schema: Uint8Array | undefined;
  for (const file of files) {
    const { name, data } = file;
    if (name === 'Chart.yaml' || name === 'Chart.lock') continue;
    if (name === 'values.yaml') {
      values = readValuesFile(data);
      valuesFile = data;
    } else if (name === 'values.schema.json') schema = data;
    else if (name === 'requirements.yaml' || name === 'requirements.lock') {
      if (metadata.apiVersion === 'v1') own.files.push(file);
    } else if (name.startsWith('templates/')) own.templates.push(file);
    else if (name.startsWith('charts/') && !name.endsWith('.prov')) addNested(nested, file);
    else own.files.push(file);
  }
  const dependencies = [...nested].flatMap(([name, inner]) => loadNested(name, inner, metadata, options, depth));
  const lock = readLockFile(files);
  return { metadata, values, valuesFile, lock, schema, templates: own.templates, files: own.files, dependencies };
}

/** What the Chart.yaml among the files of a chart says, checked. Throws {@link ChartError}. */
export function readChartYaml(files: readonly ChartFile[], anyApiVersion: boolean): Metadata {
  const file = files.find(({ name }) => name === 'Chart.yaml');
  const requirements = files.find(({ name }) => name === 'requirements.yaml');
  if (file === undefined) throw new ChartError('Chart.yaml file is missing');
  const metadata = named('cannot load Chart.yaml', () =>
    readMetadata(readYaml(fromBytes(file.data)), anyApiVersion ? 'v2.Metadata' : 'loader.chartBase'),
  );
  const dependencies: readonly Dependency[] | undefined =
    requirements === undefined
      ? metadata.dependencies
      : named('cannot load requirements.yaml', () => readDependencies(readYaml(fromBytes(requirements.data))));
  if (!anyApiVersion) checkApiVersion(metadata.apiVersion);
  return validated({ ...metadata, dependencies: dependencies ?? metadata.dependencies });
}

/** The lock beside Chart.yaml, or that of Helm 2, whichever comes last. */
function readLockFile(files: readonly ChartFile[]): ChartLock | undefined {
  const file = files.findLast(({ name }) => name === 'Chart.lock' || name === 'requirements.lock');
  return file === undefined
    ? undefined
    : named(`cannot load ${file.name}`, () => readLock(readYaml(fromBytes(file.data))));
}

function checkApiVersion(version: string): void {
  if (version === 'v3') throw new ChartError('invalid chart apiVersion');
  if (version !== 'v1' && version !== 'v2') throw new ChartError('unsupported chart version');
}

/** An error of reading names the file. */
function named<T>(prefix: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ValidationError) throw error;
    if (error instanceof FunctionError || error instanceof ChartError)
      throw new ChartError(`${prefix}: ${error.message}`, { cause: error });
    throw error;
  }
}

function readValuesFile(data: Uint8Array): GoMap {
  return named('cannot load values.yaml: cannot unmarshal yaml document', () => readValues(fromBytes(data)));
}

/** Values from YAML, whose documents are merged, later ones winning. Throws FunctionError. */
export function readValues(yaml: string): GoMap {
  let merged = new GoMap();
  for (const document of splitDocuments(yaml)) merged = mergeMaps(merged, asMap(readYaml(document)));
  return merged;
}

/** Values from the first document of a text. Throws FunctionError. */
export function readValuesDocument(yaml: string): GoMap {
  return asMap(readYaml(yaml), 'common.Values');
}

/** Documents are separated by lines of three dashes (k8s.io/apimachinery, YAMLReader). */
function splitDocuments(yaml: string): readonly string[] {
  return yaml.split(/^---(?:[ \t\r]*(?:#.*)?)?$/m).filter((document) => document.trim() !== '');
}

function asMap(value: Value, type = 'map[string]interface {}'): GoMap {
  if (value instanceof GoMap) return value;
  if (value === null) return new GoMap();
  throw new FunctionError(`error unmarshaling JSON: while decoding JSON: ${mismatch(value, type)}`);
}

/** The second map laid over the first, deeply. */
export function mergeMaps(a: GoMap, b: GoMap): GoMap {
  const out = new Map(a.entries);
  for (const [key, value] of b.entries) {
    const present = out.get(key);
    out.set(key, value instanceof GoMap && present instanceof GoMap ? mergeMaps(present, value) : value);
  }
  return new GoMap(out);
}

function addNested(nested: Map<string, ChartFile[]>, { name, data }: ChartFile): void {
  const path = name.slice('charts/'.length);
  nested.getOrInsertComputed(path.split('/')[0] ?? '', () => []).push({ name: path, data });
}

function loadNested(
  name: string,
  files: readonly ChartFile[],
  parent: Metadata,
  options: LoadOptions,
  depth: number,
): readonly Chart[] {
  if (/^[_.]/.test(name)) return [];
  try {
    if (name.endsWith('.tgz')) return [loadChart(unpacked(name, files, options), options, depth + 1)];
    const inner = files.flatMap(({ name: path, data }) => {
      const slash = path.indexOf('/');
      return slash < 0 ? [] : [{ name: path.slice(slash + 1), data }];
    });
    return [loadChart(inner, options, depth + 1)];
  } catch (error) {
    if (!(error instanceof ChartError)) throw error;
    throw new ChartError(`error unpacking subchart ${name} in ${parent.name}: ${error.message}`, { cause: error });
  }
}

function unpacked(name: string, files: readonly ChartFile[], { unpack }: LoadOptions): readonly ChartFile[] {
  const [file] = files;
  if (unpack === undefined || file === undefined || file.name !== name)
    throw new ChartError(`packed chart ${quote(name)} cannot be unpacked here`);
  return unpack(file.data);
}
