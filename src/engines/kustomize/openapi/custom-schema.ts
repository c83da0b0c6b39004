import { isRecord } from '../../../lib/json.ts';
import type { MergeSchema } from '../../patch/merge-schema.ts';
import { BuildError } from '../build-error.ts';

type Json = Readonly<Record<string, unknown>>;

const maxReferences = 64;

/** Finds the schema that a `$ref` names. */
export type ReferenceLookup = (name: string) => MergeSchema | undefined;

/** A field of an OpenAPI document as a merge schema; references are followed as it is walked. */
export function openApiSchema(schema: Json, lookup: ReferenceLookup): MergeSchema {
  const strategy = schema['x-kubernetes-patch-strategy'];
  return {
    strategy: typeof strategy === 'string' ? strategy : '',
    keys: mergeKeys(schema),
    field: (name) => {
      const properties = schema['properties'];
      const property = isRecord(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
      const found = property ?? schema['additionalProperties'];
      return isRecord(found) ? resolve(found, lookup) : undefined;
    },
    elements: () => {
      const { type, items } = schema;
      return type === 'array' && isRecord(items) ? resolve(items, lookup) : undefined;
    },
  };
}

function mergeKeys(schema: Json): readonly string[] {
  const list = schema['x-kubernetes-list-map-keys'];
  if (Array.isArray(list)) return list.map(String);
  const key = schema['x-kubernetes-patch-merge-key'];
  return typeof key === 'string' ? [key] : [];
}

function resolve(schema: Json, lookup: ReferenceLookup): MergeSchema | undefined {
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return openApiSchema(schema, lookup);
  return lookup(reference.replace('#/definitions/', ''));
}

/** What an `openapi.path` file brings: definitions, kinds, and which kinds live in namespaces. */
export interface CustomSchema {
  readonly kinds: ReadonlyMap<string, string>;
  readonly scopes: ReadonlyMap<string, boolean>;
  definition(name: string, lookup: ReferenceLookup): MergeSchema | undefined;
}

/** Reads an OpenAPI v2 document. Throws {@link BuildError} when it is none. */
export function readCustomSchema(document: unknown, file: string): CustomSchema {
  if (!isRecord(document)) throw new BuildError('invalid schema file: expected an OpenAPI document', { file });
  const definitions = isRecord(document['definitions']) ? document['definitions'] : {};
  const kinds = new Map<string, string>();
  for (const [name, definition] of Object.entries(definitions)) {
    const list = isRecord(definition) ? definition['x-kubernetes-group-version-kind'] : undefined;
    for (const gvk of Array.isArray(list) ? list : []) {
      const kind = typeKey(gvk);
      if (kind !== undefined) kinds.set(kind, name);
    }
  }
  return {
    kinds,
    scopes: scopesOf(document['paths']),
    definition: (name, lookup) => definitionOf(definitions, name, lookup),
  };
}

function definitionOf(definitions: Json, name: string, lookup: ReferenceLookup): MergeSchema | undefined {
  let definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  for (let i = 0; i < maxReferences && isRecord(definition); i++) {
    const reference = definition['$ref'];
    if (typeof reference !== 'string') return openApiSchema(definition, lookup);
    const target = reference.replace('#/definitions/', '');
    if (!Object.hasOwn(definitions, target)) return lookup(target);
    definition = definitions[target];
  }
  return undefined;
}

/** `apiVersion kind` of a group, version and kind. */
function typeKey(gvk: unknown): string | undefined {
  if (!isRecord(gvk)) return undefined;
  const { group, version, kind } = gvk;
  if (typeof version !== 'string' || typeof kind !== 'string') return undefined;
  return `${typeof group === 'string' && group !== '' ? `${group}/${version}` : version} ${kind}`;
}

/** A kind with a path under a namespace lives in namespaces; one that has only others does not. */
function scopesOf(paths: unknown): ReadonlyMap<string, boolean> {
  const scopes = new Map<string, boolean>();
  if (!isRecord(paths)) return scopes;
  for (const [path, methods] of Object.entries(paths)) {
    const get = isRecord(methods) ? methods['get'] : undefined;
    const kind = isRecord(get) ? typeKey(get['x-kubernetes-group-version-kind']) : undefined;
    if (kind === undefined) continue;
    if (path.includes('namespaces/{namespace}')) scopes.set(kind, true);
    else if (!scopes.has(kind)) scopes.set(kind, false);
  }
  return scopes;
}
