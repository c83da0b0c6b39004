import { isRecord } from '../../../lib/json.ts';
import { parseYaml } from '../../../yaml/parse.ts';
import { BuildError, prefixed } from '../build-error.ts';
import { type FieldSpec, fieldSpec } from './field-spec.ts';
import { emptyConfig, makeConfig, mergeConfig, nameReference, type TransformerConfig } from './transformer-config.ts';

type Json = Readonly<Record<string, unknown>>;

const maxDepth = 64;

/**
 * What the schemas in a file of the field `crds` say about labels, annotations and references to names
 * (api/internal/accumulator/loadconfigfromcrds.go). Throws BuildError.
 */
export function readCrdFile(text: string, file: string): TransformerConfig {
  let types: unknown;
  try {
    types = parseYaml(text, { file });
  } catch (error) {
    throw prefixed(error, `unable to parse open API definition from '${file}'`, { file });
  }
  if (types === null) return emptyConfig;
  if (!isRecord(types)) throw unlikeSchemas(file, 'expected schemas by the names of their types');
  let config = emptyConfig;
  for (const [name, definition] of Object.entries(types)) {
    if (definition !== null && !isRecord(definition)) {
      throw unlikeSchemas(
        file,
        `'${name}' should be an object with a schema: a CustomResourceDefinition has none`,
        name,
      );
    }
    const properties = propertiesOf(types, name);
    if (!['kind', 'apiVersion', 'metadata'].every((field) => Object.hasOwn(properties, field))) continue;
    const kind = name.slice(name.lastIndexOf('.') + 1);
    config = mergeConfig(config, new TypeReader(types, kind).read(name));
  }
  return config;
}

function unlikeSchemas(file: string, problem: string, field?: string): BuildError {
  return new BuildError(`unable to parse open API definition from '${file}': ${problem}`, { file, field });
}

function propertiesOf(types: Json, name: string): Json {
  const definition = Object.hasOwn(types, name) ? types[name] : undefined;
  const schema = isRecord(definition) ? (definition['Schema'] ?? definition['schema']) : undefined;
  const properties = isRecord(schema) ? schema['properties'] : undefined;
  return isRecord(properties) ? properties : {};
}

class TypeReader {
  private readonly types: Json;
  private readonly kind: string;
  private config: TransformerConfig = emptyConfig;

  constructor(types: Json, kind: string) {
    this.types = types;
    this.kind = kind;
  }

  read(name: string): TransformerConfig {
    this.walk(name, []);
    return this.config;
  }

  private walk(typeName: string, path: readonly string[]): void {
    if (path.length > maxDepth) return;
    for (const [name, property] of Object.entries(propertiesOf(this.types, typeName))) {
      if (isRecord(property)) this.property(property, [...path, name]);
    }
  }

  private property(property: Json, path: readonly string[]): void {
    const text = (name: string): string | undefined => {
      const value = property[`x-kubernetes-${name}`];
      return typeof value === 'string' ? value : undefined;
    };
    if (text('annotation') !== undefined) this.add({ commonAnnotations: [this.spec(path)] });
    if (text('label-selector') !== undefined) this.add({ commonLabels: [this.spec(path)] });
    if (text('identity') !== undefined) this.add({ namePrefix: [this.spec(path)] });
    const version = text('object-ref-api-version');
    const kind = text('object-ref-kind');
    if (version !== undefined && kind !== undefined) {
      const spec = this.spec([...path, text('object-ref-name-key') ?? 'name']);
      this.add({ nameReference: [nameReference({ kind, version }, [spec])] });
    }
    const reference = property['$ref'];
    if (typeof reference === 'string') this.walk(reference, path);
  }

  private spec(path: readonly string[]): FieldSpec {
    return fieldSpec(path.join('/'), { kind: this.kind });
  }

  private add(parts: Partial<TransformerConfig>): void {
    this.config = mergeConfig(this.config, makeConfig(parts));
  }
}
