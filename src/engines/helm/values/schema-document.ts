// As a namespace, so that the linked program loads it when a schema has patterns (tools/link.ts).
import * as re2 from 're2js';
import { isRecord } from '../../../lib/json.ts';
import { readJson } from '../functions/json-read.ts';

export type Schema = boolean | Readonly<Record<string, unknown>>;

/** A schema cannot be used. */
export class SchemaError extends Error {}

const MAX_LENGTH = 4 << 20;
const MAX_DEPTH = 200;
const types = new Set(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']);
/** Keywords whose value is data, in which nothing is a schema. */
const data = new Set(['const', 'enum', 'default', 'examples']);
/** Keywords whose value maps names, which are no keywords, to schemas. */
const maps = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies']);

/** The document that a schema is, with what its references mean. Never changed, so that it serves every release. */
export class SchemaDocument {
  readonly root: Schema;
  /** 4, 6, 7, 2019 or 2020; the newest when the schema names none. */
  readonly draft: number;
  readonly #named = new Map<string, Schema>();
  readonly #patterns = new Map<string, re2.RE2JS>();

  /** Reads and checks a document. Throws {@link SchemaError}. */
  constructor(text: string) {
    if (text.length > MAX_LENGTH) throw new SchemaError(`the schema is longer than ${MAX_LENGTH} characters`);
    const root = parsed(text);
    this.root = schemaOf(root, '');
    this.draft = draftOf(this.root);
    this.#check(root, '', '', 0);
  }

  /** What a reference means. Other documents are never fetched. Throws {@link SchemaError}. */
  resolve(reference: string): Schema {
    const known = this.#named.get(reference.replace(/#$/, ''));
    if (known !== undefined) return known;
    if (reference.startsWith('urn:')) return true;
    const [document = '', fragment = ''] = reference.split('#');
    const base = document === '' ? this.root : this.#named.get(document);
    if (base === undefined)
      throw new SchemaError(`failing loading "${document}": references to other documents are not followed`);
    if (fragment === '') return base;
    return schemaOf(found(base, fragment), fragment);
  }

  /** Whether a text has a part that matches; in linear time, as Go's expressions do. */
  matches(pattern: string, text: string): boolean {
    const known = this.#patterns.get(pattern) ?? compiled(pattern);
    this.#patterns.set(pattern, known);
    return known.matcher(text).find();
  }

  /** Looks through all that may be a schema, so that a broken one is told whatever the values are. */
  #check(node: unknown, at: string, base: string, depth: number): void {
    if (depth > MAX_DEPTH) throw new SchemaError(`the schema is nested more than ${MAX_DEPTH} deep`);
    if (Array.isArray(node))
      for (const [index, item] of node.entries()) this.#check(item, `${at}/${index}`, base, depth + 1);
    if (!isRecord(node)) return;
    const here = this.#name(node, base);
    checkTypes(node['type'], at);
    if (typeof node['pattern'] === 'string') this.matches(node['pattern'], '');
    for (const [key, value] of Object.entries(node)) {
      if (data.has(key)) continue;
      if (!maps.has(key) || !isRecord(value)) this.#check(value, `${at}/${key}`, here, depth + 1);
      else
        for (const [name, inner] of Object.entries(value)) this.#check(inner, `${at}/${key}/${name}`, here, depth + 2);
      if (key === 'patternProperties' && isRecord(value))
        for (const pattern of Object.keys(value)) this.matches(pattern, '');
    }
  }

  /** Remembers the names that a schema gives itself. Gives the document that references within are relative to. */
  #name(node: Readonly<Record<string, unknown>>, base: string): string {
    const own = node[this.draft === 4 ? 'id' : '$id'];
    const id = typeof own === 'string' ? own.replace(/#$/, '') : '';
    if (id !== '') this.#named.set(id, node);
    for (const key of ['$anchor', '$dynamicAnchor'])
      if (typeof node[key] === 'string') this.#named.set(`${base}#${node[key]}`, node).set(`#${node[key]}`, node);
    return id === '' ? base : id;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SchemaError(jsonProblem(text), { cause: error });
  }
}

/** What encoding/json says of a text that is no JSON, where it comes in a stream. */
function jsonProblem(text: string): string {
  try {
    readJson(text);
    return 'invalid JSON';
  } catch (error) {
    const told = error instanceof Error ? error.message : '';
    if (told.includes('after top-level value')) return 'invalid character after top-level value';
    return told.replace('unexpected end of JSON input', 'unexpected EOF');
  }
}

function draftOf(root: Schema): number {
  const named = isRecord(root) ? String(root['$schema'] ?? '') : '';
  const [, draft] = /draft[-/](0[467]|2019-09|2020-12)\/schema/.exec(named) ?? [];
  return draft === undefined ? 2020 : Number(draft.slice(0, 4));
}

function schemaOf(value: unknown, at: string): Schema {
  if (typeof value === 'boolean' || isRecord(value)) return value;
  throw new SchemaError(
    `"file:///values.schema.json#${at}" is no schema: got ${Array.isArray(value) ? 'array' : typeof value}, want boolean or object`,
  );
}

/** What a JSON pointer points to. */
function found(document: Schema, pointer: string): unknown {
  let value: unknown = document;
  for (const part of pointer.split('/').slice(1)) {
    const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~');
    const holder: unknown = value;
    value = Array.isArray(holder)
      ? holder[Number(key)]
      : isRecord(holder) && Object.hasOwn(holder, key)
        ? holder[key]
        : undefined;
  }
  if (value === undefined || !pointer.startsWith('/'))
    throw new SchemaError(`json-pointer in "file:///values.schema.json#${pointer}" not found`);
  return value;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function checkTypes(given: unknown, at: string): void {
  const wrong = [given ?? []].flat().find((type) => !types.has(String(type)));
  if (wrong === undefined || isRecord(given)) return;
  throw new SchemaError(
    `"file:///values.schema.json#" is not valid against metaschema: at '${at}/type': value must be one of ${[...types].map((type) => `'${type}'`).join(', ')}`,
  );
}

function compiled(pattern: string): re2.RE2JS {
  try {
    return re2.RE2JS.compile(pattern);
  } catch (error) {
    throw new SchemaError(
      `'${pattern}' is not valid regex: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
