import {
  type CelRule,
  type Defaulted,
  isRequired,
  type Json,
  type OpenApi,
  type Required,
  type Schema,
  type Served,
  type Written,
} from './schema.ts';

type WithDefault<O> = O extends { readonly default: Json } ? Defaulted : unknown;

interface StringOptions {
  readonly enum?: readonly string[];
  readonly default?: string;
  readonly pattern?: string;
  readonly format?: 'date-time';
  readonly minLength?: number;
  readonly maxLength?: number;
}

function described(description: string | undefined): { readonly description?: string } {
  return description === undefined ? {} : { description };
}

type StringOf<O> = O extends { readonly enum: readonly (infer E extends string)[] } ? E : string;

/** A string; with `enum`, one of those. */
export function string<const O extends StringOptions = Record<never, never>>(
  description: string | undefined,
  options?: O,
): Schema<StringOf<O>> & WithDefault<O> {
  return { ...described(description), type: 'string', ...options } as Schema<StringOf<O>> & WithDefault<O>;
}

interface IntegerOptions {
  readonly format?: 'int32' | 'int64';
  readonly minimum?: number;
}

/** A whole number. */
export function integer(description: string, options: IntegerOptions = {}): Schema<number> {
  return { description, type: 'integer', ...options };
}

/** True or false. */
export function boolean<const O extends { readonly default?: boolean } = Record<never, never>>(
  description: string,
  options?: O,
): Schema<boolean> & WithDefault<O> {
  return { description, type: 'boolean', ...options } as Schema<boolean> & WithDefault<O>;
}

interface ArrayOptions {
  readonly default?: readonly Json[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

/** A list of `items`. */
export function array<S extends Schema, const O extends ArrayOptions = Record<never, never>>(
  description: string,
  items: S,
  options?: O,
): Schema<readonly Served<S>[], readonly Written<S>[]> & WithDefault<O> {
  return { description, type: 'array', items, ...options } as Schema<readonly Served<S>[], readonly Written<S>[]> &
    WithDefault<O>;
}

/** Any number of names, each with a value of the same schema. */
export function map<S extends Schema>(
  description: string | undefined,
  values: S,
): Schema<Readonly<Record<string, Served<S>>>, Readonly<Record<string, Written<S>>>> {
  return { ...described(description), type: 'object', additionalProperties: values };
}

/** Any JSON value, kept as it came. */
export function anything(description: string): Schema<unknown> {
  return { description, 'x-kubernetes-preserve-unknown-fields': true };
}

type Properties = Readonly<Record<string, Schema>>;
type ServedKeys<P> = { [K in keyof P]: P[K] extends Required | Defaulted ? K : never }[keyof P];
type WrittenKeys<P> = { [K in keyof P]: P[K] extends Defaulted ? never : P[K] extends Required ? K : never }[keyof P];
type Flat<T> = { [K in keyof T]: T[K] };

type ServedObject<P> = Flat<
  { readonly [K in ServedKeys<P>]: Served<P[K]> } & { readonly [K in Exclude<keyof P, ServedKeys<P>>]?: Served<P[K]> }
>;
type WrittenObject<P> = Flat<
  { readonly [K in WrittenKeys<P>]: Written<P[K]> } & {
    readonly [K in Exclude<keyof P, WrittenKeys<P>>]?: Written<P[K]>;
  }
>;

interface ObjectOptions {
  readonly default?: { readonly [key: string]: Json };
  readonly rules?: readonly CelRule[];
  readonly 'x-kubernetes-map-type'?: 'atomic';
}

/**
 * An object with these fields. A field is optional unless {@link required} marks it. `rules` are CEL expressions that
 * the API server checks on the whole object.
 */
export function object<const P extends Properties, const O extends ObjectOptions = Record<never, never>>(
  description: string | undefined,
  properties: P,
  options?: O,
): Schema<ServedObject<P>, WrittenObject<P>> & WithDefault<O> {
  const { rules, ...rest } = options ?? ({} as ObjectOptions);
  const names = Object.keys(properties).filter((name) => isRequired(properties[name] ?? {}));
  const node: OpenApi = {
    ...described(description),
    type: 'object',
    properties,
    ...(names.length === 0 ? {} : { required: names }),
    ...(rules === undefined ? {} : { 'x-kubernetes-validations': rules }),
    ...rest,
  };
  return node as Schema<ServedObject<P>, WrittenObject<P>> & WithDefault<O>;
}
