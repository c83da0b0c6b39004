import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { quote } from '../../gotemplate/parse/quote.ts';
import { GoMap, GoSlice, type Value } from '../../gotemplate/value/values.ts';
import { mismatch } from '../functions/data.ts';
import { JsonFault, readJson } from '../functions/json-read.ts';
import { readYaml, scalarText } from '../functions/yaml.ts';
import { jsonPrefix } from '../values/json-prefix.ts';
import { deprecationOf } from './deprecated-apis.ts';
import { nameProblems } from './names.ts';

/** What the rules look at in an object. */
export interface ObjectHead {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/**
 * The objects of a YAML stream, one after another; empty documents are left out (k8s.io/apimachinery, util/yaml). Throws
 * FunctionError for the first that cannot be read.
 */
export function* objectHeads(stream: string): Generator<ObjectHead> {
  let rest = stream;
  let fault: FunctionError | undefined;
  // What begins as JSON is JSON, until it is not: then it may be YAML after all.
  for (let count = 0; rest.trimStart().startsWith('{') || count > 1; count++) {
    const end = jsonPrefix(rest);
    const head = jsonHead(rest.slice(0, end), stream.length - rest.length);
    if (head instanceof FunctionError) {
      if (count > 1) throw head;
      fault = head;
      break;
    }
    yield head;
    rest = rest.slice(end);
    if (rest.trim() === '') return;
  }
  try {
    yield* yamlHeads(fault === undefined ? rest : rest.replace(/^[^\S\n]*\n?/, ''));
  } catch (error) {
    throw error instanceof FunctionError ? (fault ?? error) : error;
  }
}

function jsonHead(text: string, before: number): ObjectHead | FunctionError {
  try {
    return headOf(readJson(text));
  } catch (error) {
    if (error instanceof FunctionError) return new FunctionError(error.message.replace(DECODING, ''));
    if (!(error instanceof JsonFault)) throw error;
    const { offset } = error;
    return new FunctionError(
      offset === undefined ? 'unexpected EOF' : `json: offset ${before + offset}: ${error.message}`,
    );
  }
}

function* yamlHeads(stream: string): Generator<ObjectHead> {
  for (const document of documents(stream)) {
    const value = readYaml(document);
    if (value !== null) yield headOf(value);
  }
}

const SEPARATOR = '---';

function* documents(stream: string): Generator<string> {
  let document = '';
  for (const line of stream.split(/(?<=\n)/)) {
    if (line.startsWith(SEPARATOR)) {
      const rest = line.slice(SEPARATOR.length).trim();
      if (rest !== '' && !rest.startsWith('#')) throw new FunctionError(`invalid Yaml document separator: ${rest}`);
      if (document !== '') {
        yield document;
        document = '';
        continue;
      }
    }
    document += line;
  }
  if (document !== '') yield document;
}

const DECODING = 'error unmarshaling JSON: while decoding JSON: ';

function headOf(value: Value): ObjectHead {
  if (!(value instanceof GoMap)) throw new FunctionError(DECODING + mismatch(value, 'rules.k8sYamlStruct'));
  const metadata = fieldOf(value, 'metadata') ?? null;
  if (metadata !== null && !(metadata instanceof GoMap))
    throw wrongType(metadata, 'k8sYamlStruct.Metadata', 'rules.k8sYamlMetadata');
  const within = metadata ?? new GoMap();
  const head = {
    apiVersion: textOf(value, 'apiVersion', 'k8sYamlStruct.apiVersion'),
    kind: textOf(value, 'kind', 'k8sYamlStruct.Kind'),
    name: textOf(within, 'name', 'k8sYamlMetadata.Metadata.Name'),
  };
  textOf(within, 'namespace', 'k8sYamlMetadata.Metadata.Namespace');
  return head;
}

function wrongType(value: Value, field: string, type: string): FunctionError {
  const told = mismatch(value, type).replace('Go value', `Go struct field ${field}`);
  return new FunctionError(DECODING + told);
}

/** encoding/json takes names of fields in any case; of several the last one counts. */
function fieldOf({ entries }: GoMap, name: string): Value {
  const keys = [...entries.keys()].filter((key) => key.toLowerCase() === name.toLowerCase()).sort();
  return entries.get(keys.at(-1) ?? name);
}

function textOf(map: GoMap, name: string, field: string): string {
  const value = fieldOf(map, name) ?? '';
  const text = scalarText(value);
  if (text === undefined) throw wrongType(value, field, 'string');
  return text;
}

/** The line where the text begins must not be indented. */
export function indentFault(text: string): string | undefined {
  for (const written of text.split('\n')) {
    if (written.length >= MAX_LINE) return 'bufio.Scanner: token too long';
    const line = written.replace(/\r$/, '');
    if (line.trim() === '') continue;
    if (!/^[ \t]/.test(line)) return undefined;
    return `document starts with an illegal indent: ${quote(line)}, which may cause parsing problems`;
  }
  return undefined;
}

const MAX_LINE = 64 << 10;

/** Whether Kubernetes would take the name. */
export function nameFault({ kind, name }: ObjectHead): string | undefined {
  const found = nameProblems(kind, name).map((problem) => `metadata.name: Invalid value: ${quote(name)}: ${problem}`);
  if (found.length === 0) return undefined;
  const told = found.length === 1 ? found.join('') : `[${found.join(', ')}]`;
  return `object name does not conform to Kubernetes naming requirements: ${quote(name)}: ${told}`;
}

/** Whether the API version is deprecated in a version of Kubernetes. */
export function deprecationFault({ apiVersion, kind }: ObjectHead, major: number, minor: number): string | undefined {
  return deprecationOf(apiVersion, kind, major, minor);
}

const selecting: ReadonlySet<string> = new Set(['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet']);

/** Whether what selects Pods says which; looked for anywhere in the text, as Helm does. */
export function selectorFault({ kind, name }: ObjectHead, text: string): string | undefined {
  if (!selecting.has(kind) || text.includes('matchLabels') || text.includes('matchExpressions')) return undefined;
  return `a ${kind} must contain matchLabels or matchExpressions, and ${quote(name)} does not`;
}

const POLICY = 'helm.sh/resource-policy';
/** The types of what is read of a List, as errors name them. */
const METADATA = 'struct { Annotations map[string]string }';
const ITEM = `struct { Metadata ${METADATA} }`;

/** Whether items of a List have an annotation that Helm looks for on the List only. */
export function listFault({ kind }: ObjectHead, text: string): string | undefined {
  if (kind !== 'List') return undefined;
  try {
    const list = within(readYaml(text), '', '');
    const items = (list === undefined ? null : fieldOf(list, 'items')) ?? new GoSlice([]);
    if (!(items instanceof GoSlice)) throw wrongType(items, '.Items', `[]${ITEM}`);
    const isAnnotated = items.items.some((item) => annotationsOf(item)?.entries.has(POLICY) === true);
    return isAnnotated ? `annotation '${POLICY}' within List objects are ignored` : undefined;
  } catch (error) {
    if (error instanceof FunctionError) return `unable to parse YAML: ${error.message}`;
    throw error;
  }
}

function annotationsOf(item: Value): GoMap | undefined {
  const fields = within(item, '.Items', ITEM);
  const metadata = fields && within(fieldOf(fields, 'metadata'), '.Items.Metadata', METADATA);
  return metadata && within(fieldOf(metadata, 'annotations'), '.Items.Metadata.Annotations', 'map[string]string');
}

/** A map, where there is anything. */
function within(value: Value, field: string, type: string): GoMap | undefined {
  if (value === null || value === undefined) return undefined;
  if (value instanceof GoMap) return value;
  throw wrongType(value, field, type);
}
