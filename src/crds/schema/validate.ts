import { redact } from '../../lib/redact.ts';
import type { OpenApi } from './schema.ts';

/** One place where a value is not what its schema asks for. */
export interface SchemaIssue {
  /** As `spec.include[0].repository.name`; empty for the value itself. */
  readonly path: string;
  /** What came, shortened, without credentials: `a number`, `"ftp://host"`, `nothing`. */
  readonly got: string;
  /** What the schema asks for: `a string`, `one of "a", "b"`. */
  readonly expected: string;
}

/** A value that is not what its schema asks for. The message names every place. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
  readonly issues: readonly SchemaIssue[];

  constructor(what: string, issues: readonly SchemaIssue[]) {
    const list = issues.map(
      ({ path, got, expected }) => `${path === '' ? 'value' : path}: expected ${expected}, got ${got}`,
    );
    super(`${what} is invalid: ${list.join('; ')}`);
    this.issues = issues;
  }
}

/**
 * Where `value` is not what `schema` asks for: types, required fields, enums, patterns, limits. As in the API server,
 * `null` counts as absent. CEL rules are left to the API server, unknown fields are no fault.
 */
export function* validate(schema: OpenApi, value: unknown, path = ''): Generator<SchemaIssue> {
  const got = typeName(value);
  if (schema.type !== undefined && !hasType(schema.type, value)) {
    yield { path, got, expected: article(schema.type) };
  } else if (typeof value === 'string') {
    yield* validateString(schema, value, path);
  } else if (typeof value === 'number') {
    if (schema.minimum !== undefined && value < schema.minimum) {
      yield { path, got: String(value), expected: `at least ${schema.minimum}` };
    }
  } else if (Array.isArray(value)) {
    yield* validateArray(schema, value, path);
  } else if (isRecord(value)) {
    yield* validateObject(schema, value, path);
  }
}

function* validateString(schema: OpenApi, value: string, path: string): Generator<SchemaIssue> {
  const got = quote(value);
  const length = [...value.slice(0, 2 * (schema.maxLength ?? 0) + 2)].length;
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    yield { path, got, expected: `one of ${schema.enum.map((one) => JSON.stringify(one)).join(', ')}` };
  } else if (schema.maxLength !== undefined && length > schema.maxLength) {
    yield { path, got, expected: `at most ${schema.maxLength} characters` };
  } else if (schema.minLength !== undefined && value === '') {
    yield { path, got, expected: `at least ${schema.minLength} characters` };
  } else if (schema.pattern !== undefined && !compiled(schema.pattern).test(value)) {
    yield { path, got, expected: `a text that matches ${schema.pattern}` };
  } else if (schema.format === 'date-time' && Number.isNaN(Date.parse(value))) {
    yield { path, got, expected: 'a time as in RFC 3339' };
  }
}

function* validateArray(schema: OpenApi, value: readonly unknown[], path: string): Generator<SchemaIssue> {
  const got = `${value.length} items`;
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    yield { path, got, expected: `at least ${schema.minItems} items` };
  }
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    yield { path, got, expected: `at most ${schema.maxItems} items` };
    return;
  }
  if (schema.items === undefined) return;
  for (const [index, item] of value.entries()) yield* validate(schema.items, item, `${path}[${index}]`);
}

function* validateObject(schema: OpenApi, value: Record<string, unknown>, path: string): Generator<SchemaIssue> {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  for (const name of schema.required ?? []) {
    if ((value[name] ?? schema.properties?.[name]?.default) === undefined) {
      yield { path: at(name), got: 'nothing', expected: article(schema.properties?.[name]?.type) };
    }
  }
  for (const [name, inner] of Object.entries(value)) {
    const field = Object.hasOwn(schema.properties ?? {}, name)
      ? schema.properties?.[name]
      : schema.additionalProperties;
    if (field !== undefined && inner !== null && inner !== undefined) yield* validate(field, inner, at(name));
  }
}

/**
 * `value` with the defaults of `schema` filled in, as the API server does it. Returns `value` itself when there are
 * none to fill in. Give it only what {@link validate} has no issue with.
 */
export function withDefaults(schema: OpenApi, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return value;
    const filled = value.map((item) => withDefaults(items, item));
    return filled.some((item, index) => item !== value[index]) ? filled : value;
  }
  if (!isRecord(value)) return value;
  const changes: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    const filled = withDefaults(field, given ?? field.default ?? undefined);
    if (filled !== given) changes[name] = filled;
  }
  for (const [name, given] of Object.entries(schema.additionalProperties === undefined ? {} : value)) {
    const filled = withDefaults(schema.additionalProperties ?? {}, given);
    if (filled !== given) changes[name] = filled;
  }
  return Object.keys(changes).length === 0 ? value : { ...value, ...changes };
}

function hasType(type: NonNullable<OpenApi['type']>, value: unknown): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isRecord(value);
    default:
      return typeof value === type;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function article(type: OpenApi['type']): string {
  return type === undefined ? 'a value' : `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  return article((Array.isArray(value) ? 'array' : typeof value) as OpenApi['type']);
}

function quote(value: string): string {
  const shown = redact(value);
  return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 80)}...` : shown);
}

const patterns = new Map<string, RegExp>();

function compiled(pattern: string): RegExp {
  const known = patterns.get(pattern) ?? new RegExp(pattern);
  patterns.set(pattern, known);
  return known;
}
