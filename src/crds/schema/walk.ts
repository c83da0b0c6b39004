import type { OpenApi } from './schema.ts';

/** A place in a schema. */
export interface SchemaField {
  /** As `spec.include[].repository.name`; `{}` stands for any key of a map, `[]` for any item of a list. */
  readonly path: string;
  readonly schema: OpenApi;
  readonly required: boolean;
}

/** All places below `schema`, each before those within it, in the order of their declaration. */
export function* walkSchema(schema: OpenApi, path = ''): Generator<SchemaField> {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const below = path === '' ? name : `${path}.${name}`;
    yield { path: below, schema: field, required: schema.required?.includes(name) ?? false };
    yield* walkSchema(field, below);
  }
  for (const [suffix, inner] of [
    ['[]', schema.items],
    ['{}', schema.additionalProperties],
  ] as const) {
    if (inner !== undefined) {
      yield { path: path + suffix, schema: inner, required: false };
      yield* walkSchema(inner, path + suffix);
    }
  }
}
