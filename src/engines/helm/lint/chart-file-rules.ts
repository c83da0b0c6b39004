import { compareVersions, parseLooseVersion } from '../../../lib/semver-version.ts';
import { parseYamlDocuments, YamlError } from '../../../yaml/parse.ts';
import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { quote } from '../../gotemplate/parse/quote.ts';
import { GoMap, GoSlice, type Value } from '../../gotemplate/value/values.ts';
import { ChartError } from '../chart/fault.ts';
import { type Metadata, readMetadata } from '../chart/metadata.ts';
import { readYaml, scalarText } from '../functions/yaml.ts';
import { isEmail, isRequestUrl, isUrl } from './addresses.ts';
import type { Findings } from './message.ts';
import type { LintSource } from './source.ts';

const FILE = 'Chart.yaml';

/** What Chart.yaml shall say (pkg/chart/v2/lint/rules, chartfile.go). */
export function lintChartFile(source: LintSource, findings: Findings): void {
  findings.isFine('ERROR', FILE, source.kindOf(FILE) === 'directory' ? 'should be a file, not a directory' : undefined);
  const read = readChartFile(source);
  if (typeof read === 'string') {
    findings.isFine('ERROR', FILE, `unable to parse YAML\n\t${read}`);
    return;
  }
  const { text, document, metadata } = read;
  const strict = strictFault(text, document);
  findings.isFine('WARNING', FILE, strict && `failed to strictly parse chart metadata file\n\t${strict}`);
  const isV2 = metadata.apiVersion === 'v2';
  const v2Only = `apiVersion '${metadata.apiVersion}'`;
  for (const problem of [
    nameFault(metadata.name),
    apiVersionFault(metadata.apiVersion),
    typeFault(document, 'version'),
    versionFault(metadata.version),
    typeFault(document, 'appVersion'),
    maintainerFault(document, metadata),
    metadata.sources.filter((url) => !isRequestUrl(url)).map((url) => `invalid source URL '${url}'`)[0],
  ])
    findings.isFine('ERROR', FILE, problem);
  const { icon } = metadata;
  findings.isFine('INFO', FILE, icon === '' ? 'icon is recommended' : undefined);
  findings.isFine('ERROR', FILE, icon === '' || isRequestUrl(icon) ? undefined : `invalid icon URL '${icon}'`);
  const hasType = metadata.type !== '' && !isV2;
  findings.isFine(
    'ERROR',
    FILE,
    hasType ? `chart type is not valid in ${v2Only}. It is valid in apiVersion 'v2'` : undefined,
  );
  const hasDependencies = (metadata.dependencies ?? []).length > 0 && !isV2;
  const wrongPlace = `dependencies are not valid in the Chart file with ${v2Only}. They are valid in apiVersion 'v2'`;
  findings.isFine('ERROR', FILE, hasDependencies ? wrongPlace : undefined);
  const isStrict = strictVersion.test(metadata.version);
  findings.isFine('WARNING', FILE, isStrict ? undefined : `version '${metadata.version}' is not a valid SemVerV2`);
}

interface ChartFile {
  readonly text: string;
  readonly document: GoMap;
  /** With the API version that is written; empty entries of lists left out. */
  readonly metadata: Metadata;
}

/** The reason where it cannot be read. */
function readChartFile(source: LintSource): ChartFile | string {
  try {
    const text = source.text(FILE);
    const read = readYaml(text);
    const document = read instanceof GoMap ? read : new GoMap();
    const entries = new Map(document.entries);
    for (const name of ['maintainers', 'dependencies']) {
      const list = entries.get(name);
      if (list instanceof GoSlice) entries.set(name, new GoSlice(list.items.filter((item) => item !== null)));
    }
    const apiVersion = apiVersionOf(document);
    return {
      text,
      document,
      metadata: { ...readMetadata(read instanceof GoMap ? new GoMap(entries) : read, 'v2.Metadata'), apiVersion },
    };
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
}

/** As it is written: charts of Helm 2 did not have to say it. */
function apiVersionOf({ entries }: GoMap): string {
  const key = [...entries.keys()].find((one) => one.toLowerCase() === 'apiversion');
  return scalarText(entries.get(key ?? '') ?? '') ?? '';
}

const known: ReadonlySet<string> = new Set(
  'name home sources version description keywords maintainers icon apiversion condition tags appversion deprecated annotations kubeversion dependencies type'.split(
    ' ',
  ),
);
const knownWithin: Readonly<Record<string, ReadonlySet<string>>> = {
  maintainers: new Set(['name', 'email', 'url']),
  dependencies: new Set(['name', 'version', 'repository', 'condition', 'tags', 'enabled', 'import-values', 'alias']),
};

/** What strict reading does not like: keys that are there twice, fields that are none. */
function strictFault(text: string, document: GoMap): string | undefined {
  const doubled = doubledKey(text);
  if (doubled !== undefined) return doubled;
  const unknown = unknownField(document);
  return unknown === undefined
    ? undefined
    : `error unmarshaling JSON: while decoding JSON: json: unknown field ${quote(unknown)}`;
}

function doubledKey(text: string): string | undefined {
  try {
    parseYamlDocuments(text, { strict: true });
    return undefined;
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const key = /^mapping key "(.*)" is already defined above$/s.exec(error.reason)?.[1];
    if (key === undefined) return undefined;
    return `error converting YAML to JSON: yaml: unmarshal errors:\n  line ${error.line}: key "${key}" already set in map`;
  }
}

/** The first field that is none, in the order of JSON's keys. */
function unknownField(document: GoMap): string | undefined {
  for (const [key, value] of [...document.entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = key.toLowerCase();
    if (!known.has(name)) return key;
    const within = knownWithin[name];
    if (within === undefined || !(value instanceof GoSlice)) continue;
    for (const item of value.items) {
      const keys = item instanceof GoMap ? [...item.entries.keys()].sort() : [];
      const unknown = keys.find((one) => !within.has(one.toLowerCase()));
      if (unknown !== undefined) return unknown;
    }
  }
  return undefined;
}

function nameFault(name: string): string | undefined {
  if (name === '') return 'name is required';
  const base = name.replace(/\/+$/, '').split('/').at(-1);
  return base === name ? undefined : `chart name ${quote(name)} is invalid`;
}

function apiVersionFault(version: string): string | undefined {
  const choice = 'The value must be either "v1" or "v2"';
  if (version === '') return `apiVersion is required. ${choice}`;
  return version === 'v1' || version === 'v2' ? undefined : `apiVersion '${version}' is not valid. ${choice}`;
}

function typeFault(document: GoMap, key: string): string | undefined {
  const value = document.entries.get(key);
  if (value === undefined || typeof value === 'string') return undefined;
  return `${key} should be of type string but it's of type ${goType(value)}`;
}

function goType(value: Value): string {
  if (value === null) return '<nil>';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'number' ? 'float64' : value instanceof GoMap ? 'map[string]interface {}' : '[]interface {}';
}

const lowest = parseLooseVersion('0.0.0-0');
const strictVersion =
  /^(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)(?:-(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9A-Za-z-]*))*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

function versionFault(written: string): string | undefined {
  if (written === '') return 'version is required';
  const version = parseLooseVersion(written);
  if (version === undefined) return `version '${written}' is not a valid SemVer`;
  if (lowest === undefined || compareVersions(version, lowest) > 0) return undefined;
  const { major, minor, patch, prerelease } = version;
  const shown = `${major}.${minor}.${patch}${prerelease === '' ? '' : `-${prerelease}`}`;
  return `version "${shown}" is less than or equal to "0.0.0-0"`;
}

/** Of the first that has a fault. */
function maintainerFault(document: GoMap, { maintainers }: Metadata): string | undefined {
  const written = document.entries.get('maintainers');
  const items = written instanceof GoSlice ? written.items : [];
  const present = maintainers[Symbol.iterator]();
  for (const item of items) {
    const maintainer = item === null ? undefined : present.next().value;
    if (maintainer === undefined) return 'a maintainer entry is empty';
    const { name, email, url } = maintainer;
    if (name === '') return 'each maintainer requires a name';
    if (email !== '' && !isEmail(email)) return `invalid email '${email}' for maintainer '${name}'`;
    if (url !== '' && !isUrl(url)) return `invalid url '${url}' for maintainer '${name}'`;
  }
  return undefined;
}

/** Whether an error is one of a chart's files, with a text for people. */
export function isChartFault(error: unknown): error is Error {
  return error instanceof ChartError || error instanceof FunctionError;
}
