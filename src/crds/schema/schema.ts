declare const servedType: unique symbol;
declare const writtenType: unique symbol;

/** A CEL rule that the API server holds an object to. */
export interface CelRule {
  readonly rule: string;
  /** What the user is told when the rule does not hold. */
  readonly message: string;
}

/** A JSON value, as a default is one. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A node of an `openAPIV3Schema`, in the subset that `apiextensions.k8s.io/v1` calls structural. */
export interface OpenApi {
  readonly type?: 'string' | 'integer' | 'boolean' | 'array' | 'object';
  readonly description?: string;
  readonly format?: string;
  readonly default?: Json;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: OpenApi;
  readonly properties?: Readonly<Record<string, OpenApi>>;
  readonly additionalProperties?: OpenApi;
  readonly required?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly CelRule[];
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
}

/**
 * A schema is its own OpenAPI node, plus two types that exist at compile time only: `Served`, what the API server
 * gives (defaults filled in), and `Written`, what may be sent to it.
 */
export interface Schema<Served = unknown, Written = Served> extends OpenApi {
  readonly [servedType]?: Served;
  readonly [writtenType]?: Written;
}

/** What the API server serves for a schema. */
export type Served<S> = S extends Schema<infer T, unknown> ? T : never;

/** What may be written for a schema: fields with a default may be left out. */
export type Written<S> = S extends Schema<unknown, infer T> ? T : never;

const requiredMark: unique symbol = Symbol('required');

/** A field that must be given. */
export interface Required {
  readonly [requiredMark]: true;
}

/** A field that the API server fills in. */
export interface Defaulted {
  readonly default: Json;
}

/** Marks a field of an {@link object} as required. */
export function required<S extends Schema>(schema: S): S & Required {
  return { ...schema, [requiredMark]: true };
}

/** Whether {@link required} marked the schema. */
export function isRequired(schema: Schema): boolean {
  return requiredMark in schema;
}

/** Another description, and nothing else, for a shared schema. */
export function describe<S extends Schema>(schema: S, description: string): S {
  return { ...schema, description };
}
