import { parseLooseVersion } from '../../../lib/semver-version.ts';
import { isPrintable, quote } from '../../gotemplate/parse/quote.ts';
import { GoMap, GoSlice, type Value } from '../../gotemplate/value/values.ts';
import { isSpace } from '../functions/letter-case.ts';
import { scalarText } from '../functions/yaml.ts';
import { ChartError, ValidationError } from './fault.ts';

/** A dependency as Chart.yaml declares it. */
export interface Dependency {
  readonly name: string;
  readonly version: string;
  readonly repository: string;
  readonly condition: string;
  readonly tags: readonly string[];
  /** Texts, or maps with `child` and `parent`. */
  readonly importValues: readonly Value[];
  readonly alias: string;
}

/** The versions of dependencies that were chosen when the lock was made. */
export interface ChartLock {
  /** As RFC 3339. */
  readonly generated: string;
  readonly digest: string;
  readonly dependencies: readonly Dependency[];
}

export interface Maintainer {
  readonly name: string;
  readonly email: string;
  readonly url: string;
}

/** What Chart.yaml says (pkg/chart/v2/metadata.go). */
export interface Metadata {
  readonly name: string;
  readonly home: string;
  readonly sources: readonly string[];
  readonly version: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly maintainers: readonly Maintainer[];
  readonly icon: string;
  readonly apiVersion: string;
  readonly condition: string;
  readonly tags: string;
  readonly appVersion: string;
  readonly deprecated: boolean;
  readonly annotations: ReadonlyMap<string, string>;
  readonly kubeVersion: string;
  /** Undefined when Chart.yaml has none: then every chart in `charts` is used as it is. */
  readonly dependencies: readonly Dependency[] | undefined;
  readonly type: string;
}

/** Reads Chart.yaml. Throws ChartError when a field has another type than it should; `type` is that of all, in Go. */
export function readMetadata(document: Value, type = 'loader.chartBase'): Metadata {
  const root = new Fields(document, type, '');
  const apiVersion = root.text('apiVersion');
  return {
    name: root.text('name'),
    home: root.text('home'),
    sources: root.texts('sources'),
    version: root.text('version'),
    description: root.text('description'),
    keywords: root.texts('keywords'),
    maintainers: root.list('maintainers', '[]*v2.Maintainer').map((item) => readMaintainer(item)),
    icon: root.text('icon'),
    // Charts of Helm 2 did not have to say it.
    apiVersion: apiVersion === '' ? 'v1' : apiVersion,
    condition: root.text('condition'),
    tags: root.text('tags'),
    appVersion: root.text('appVersion'),
    deprecated: root.flag('deprecated'),
    annotations: root.textMap('annotations'),
    kubeVersion: root.text('kubeVersion'),
    dependencies: readDependencies(document),
    type: root.text('type'),
  };
}

/** The `dependencies` of Chart.yaml or requirements.yaml; undefined when there is no such field. */
export function readDependencies(document: Value): readonly Dependency[] | undefined {
  const root = new Fields(document, 'v2.Metadata', '');
  return root.has('dependencies')
    ? root.list('dependencies', '[]*v2.Dependency').map((item) => readDependency(item))
    : undefined;
}

/** Chart.lock. Throws ChartError as {@link readMetadata} does. */
export function readLock(document: Value): ChartLock {
  const root = new Fields(document, 'v2.Lock', '');
  return {
    generated: root.text('generated'),
    digest: root.text('digest'),
    dependencies: readDependencies(document) ?? [],
  };
}

function readMaintainer(item: Value): Maintainer {
  if (item === null) throw invalid('maintainers must not contain empty or null nodes');
  const fields = new Fields(item, 'v2.Maintainer', 'maintainers.');
  return { name: fields.text('name'), email: fields.text('email'), url: fields.text('url') };
}

function readDependency(item: Value): Dependency {
  if (item === null) throw invalid('dependencies must not contain empty or null nodes');
  const fields = new Fields(item, 'v2.Dependency', 'dependencies.');
  return {
    name: fields.text('name'),
    version: fields.text('version'),
    repository: fields.text('repository'),
    condition: fields.text('condition'),
    tags: fields.texts('tags'),
    importValues: fields.list('import-values', '[]interface {}'),
    alias: fields.text('alias'),
  };
}

/** The fields of a document, each of which must have its type: encoding/json says which has not. */
class Fields {
  readonly #entries: ReadonlyMap<string, Value>;
  readonly #path: string;

  constructor(document: Value, type: string, path: string) {
    if (document !== null && document !== undefined && !(document instanceof GoMap))
      throw new ChartError(
        `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${kindOf(document)} into Go value of type ${type}`,
      );
    this.#entries = document instanceof GoMap ? document.entries : new Map();
    this.#path = path;
  }

  /** Names are taken in any case, too; of several the last one in order counts. */
  #get(name: string): Value {
    if (this.#entries.has(name)) return this.#entries.get(name);
    const key = [...this.#entries.keys()]
      .filter((one) => one.toLowerCase() === name.toLowerCase())
      .sort()
      .at(-1);
    return key === undefined ? undefined : this.#entries.get(key);
  }

  has(name: string): boolean {
    return (this.#get(name) ?? null) !== null;
  }

  text(name: string): string {
    const value = this.#get(name) ?? '';
    const text = scalarText(value);
    if (text !== undefined) return text;
    throw this.#mismatch(name, value, 'string');
  }

  flag(name: string): boolean {
    const value = this.#get(name) ?? false;
    if (typeof value === 'boolean') return value;
    throw this.#mismatch(name, value, 'bool');
  }

  list(name: string, type: string): readonly Value[] {
    const value = this.#get(name) ?? null;
    if (value === null) return [];
    if (value instanceof GoSlice) return value.items;
    throw this.#mismatch(name, value, type);
  }

  texts(name: string): readonly string[] {
    return this.list(name, '[]string').map((item) => this.#scalar(name, item));
  }

  textMap(name: string): ReadonlyMap<string, string> {
    const value = this.#get(name) ?? null;
    if (value === null) return new Map();
    if (!(value instanceof GoMap)) throw this.#mismatch(name, value, 'map[string]string');
    return new Map([...value.entries].map(([key, item]) => [key, this.#scalar(name, item)]));
  }

  #scalar(name: string, item: Value): string {
    const text = scalarText(item ?? '');
    if (text !== undefined) return text;
    throw this.#mismatch(name, item, 'string');
  }

  #mismatch(name: string, value: Value, wanted: string): ChartError {
    return new ChartError(
      `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${kindOf(value)} into Go struct field Metadata.${this.#path}${name} of type ${wanted}`,
    );
  }
}

function kindOf(value: Value): string {
  if (value instanceof GoMap) return 'object';
  if (value instanceof GoSlice) return 'array';
  return typeof value === 'boolean' ? 'bool' : String(typeof value);
}

function invalid(message: string): ValidationError {
  return new ValidationError(`validation: ${message}`);
}

/**
 * Insists on what every chart must say, and takes out what cannot be printed (Metadata.Validate). Throws
 * {@link ValidationError}.
 */
export function validated(metadata: Metadata): Metadata {
  const clean = sanitized(metadata);
  const { name, version, type } = clean;
  if (name === '') throw invalid('chart.metadata.name is required');
  if (name === '.' || name === '..') throw invalid(`chart.metadata.name ${quote(name)} is not allowed`);
  if (name.includes('/')) throw invalid(`chart.metadata.name ${quote(name)} is invalid`);
  if (version === '') throw invalid('chart.metadata.version is required');
  if (parseLooseVersion(version) === undefined) throw invalid(`chart.metadata.version ${quote(version)} is invalid`);
  if (!['', 'application', 'library'].includes(type))
    throw invalid('chart.metadata.type must be application or library');
  checkDependencies(clean.dependencies ?? []);
  return clean;
}

function checkDependencies(dependencies: readonly Dependency[]): void {
  const seen = new Set<string>();
  for (const { name, alias } of dependencies) {
    if (alias !== '' && !/^[a-zA-Z0-9_-]+$/.test(alias))
      throw invalid(`dependency ${quote(name)} has disallowed characters in the alias`);
    const key = alias === '' ? name : alias;
    if (seen.has(key)) throw invalid(`more than one dependency with name or alias ${quote(key)}`);
    seen.add(key);
  }
}

function sanitized(metadata: Metadata): Metadata {
  return {
    ...metadata,
    name: sanitize(metadata.name),
    description: sanitize(metadata.description),
    home: sanitize(metadata.home),
    icon: sanitize(metadata.icon),
    condition: sanitize(metadata.condition),
    tags: sanitize(metadata.tags),
    appVersion: sanitize(metadata.appVersion),
    kubeVersion: sanitize(metadata.kubeVersion),
    sources: metadata.sources.map(sanitize),
    keywords: metadata.keywords.map(sanitize),
  };
}

function sanitize(text: string): string {
  if (/^[ -~]*$/.test(text)) return text;
  let out = '';
  for (const character of text) {
    if (isSpace(character)) out += ' ';
    else if (isPrintable(character)) out += character;
  }
  return out;
}

/** Chart.yaml as templates see it: a map with the names of Go's fields (pkg/chart/common.go, structToMap). */
export function metadataValue(metadata: Metadata, areEnabled: boolean): GoMap {
  const list = (items: readonly Value[]): GoSlice => new GoSlice([...items]);
  const map = (entries: readonly (readonly [string, Value])[]): GoMap => new GoMap(new Map(entries));
  return map([
    ['Name', metadata.name],
    ['Home', metadata.home],
    ['Sources', list(metadata.sources)],
    ['Version', metadata.version],
    ['Description', metadata.description],
    ['Keywords', list(metadata.keywords)],
    [
      'Maintainers',
      list(
        metadata.maintainers.map(({ name, email, url }) =>
          map([
            ['Name', name],
            ['Email', email],
            ['URL', url],
          ]),
        ),
      ),
    ],
    ['Icon', metadata.icon],
    ['APIVersion', metadata.apiVersion],
    ['Condition', metadata.condition],
    ['Tags', metadata.tags],
    ['AppVersion', metadata.appVersion],
    ['Deprecated', metadata.deprecated],
    ['Annotations', new GoMap(new Map(metadata.annotations), 'map[string]string')],
    ['KubeVersion', metadata.kubeVersion],
    ['Dependencies', list((metadata.dependencies ?? []).map((one) => dependencyValue(one, areEnabled)))],
    ['Type', metadata.type],
  ]);
}

function dependencyValue(dependency: Dependency, isEnabled: boolean): GoMap {
  return new GoMap(
    new Map<string, Value>([
      ['Name', dependency.name],
      ['Version', dependency.version],
      ['Repository', dependency.repository],
      ['Condition', dependency.condition],
      ['Tags', new GoSlice([...dependency.tags])],
      ['Enabled', isEnabled],
      ['ImportValues', new GoSlice([...dependency.importValues])],
      ['Alias', dependency.alias],
    ]),
  );
}
