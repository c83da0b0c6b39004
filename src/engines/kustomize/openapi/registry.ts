import { isRecord } from '../../../lib/json.ts';
import type { MergeSchema, SchemaLookup } from '../../patch/merge-schema.ts';
import { BuildError } from '../build-error.ts';
import { builtinSchema } from './builtin-schema.ts';
import { type CustomSchema, openApiSchema } from './custom-schema.ts';

const builtinVersion = 'v1.21.2';

/** Kinds that came after the schema's Kubernetes version and that kustomize 5.8.2 knows to be cluster-scoped. */
const newerClusterKinds: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy',
  'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding',
]);

/** What the engine is told about the schemas of a build. */
export interface SchemaOptions {
  readonly version: 'v5.8.1' | 'v5.8.2';
  /** Custom schemas come on top of the built-in ones, as in Flux; otherwise they take their place. */
  readonly additive: boolean;
}

/** The field `openapi` of a kustomization: a file of schemas, or the version of the built-in ones. */
export interface OpenApiField {
  readonly path?: string | undefined;
  readonly version?: string | undefined;
}

/**
 * The schemas of one build. The original keeps them in process-wide variables (kyaml openapi/openapi.go, SetSchema and
 * initSchema); this has the same states: a custom schema replaces the built-in one, unless that was already asked
 * about a kind.
 */
export class SchemaRegistry {
  private readonly options: SchemaOptions;
  private custom: CustomSchema | undefined;
  private version = '';
  private builtinWanted = false;

  constructor(options: SchemaOptions) {
    this.options = options;
  }

  /** Takes the `openapi` field of a kustomization; only the outermost one that has it counts. */
  set(field: OpenApiField, custom: CustomSchema | undefined, outermost: boolean): void {
    if (!outermost && (this.version !== '' || this.custom !== undefined)) return;
    if (custom !== undefined) {
      if (field.version !== undefined) {
        throw new BuildError('builtin version and custom schema provided, cannot use both', { field: 'openapi' });
      }
      this.custom = custom;
      this.version = 'custom';
      return;
    }
    this.version = field.version ?? '';
    if (this.version !== '' && this.version !== builtinVersion) {
      throw new BuildError(
        `the specified OpenAPI version is not built in: ${this.version} (only ${builtinVersion} is)`,
        {
          field: 'openapi.version',
        },
      );
    }
  }

  /** The schemas by which lists are merged. */
  readonly schemaFor: SchemaLookup = Object.assign(
    (apiVersion: string, kind: string): MergeSchema | undefined => {
      const name = this.custom?.kinds.get(`${apiVersion} ${kind}`);
      if (name !== undefined) return this.definition(name);
      return this.usesBuiltin() ? builtinSchema().kind(apiVersion, kind) : undefined;
    },
    { inComment: (comment: string) => this.inComment(comment) },
  );

  /** Whether a kind is known to be cluster-scoped. Kinds that are not known count as namespaced. */
  isClusterScoped(apiVersion: string, kind: string): boolean {
    const known = builtinSchema().isNamespaced(apiVersion, kind);
    if (known !== undefined) return !known;
    const key = `${apiVersion} ${kind}`;
    if (this.options.version === 'v5.8.2' && newerClusterKinds.has(key)) return true;
    if (this.custom !== undefined) return this.custom.scopes.get(key) === false;
    this.builtinWanted = true;
    return false;
  }

  private inComment(comment: string): MergeSchema | undefined {
    let schema: unknown;
    try {
      schema = JSON.parse(comment);
    } catch {
      return undefined;
    }
    if (!isRecord(schema) || Object.keys(schema).length === 0) return undefined;
    const reference = schema['$ref'];
    const named = typeof reference === 'string' ? this.definition(reference.replace('#/definitions/', '')) : undefined;
    return named ?? openApiSchema(schema, (name) => this.definition(name));
  }

  private usesBuiltin(): boolean {
    return this.custom === undefined || this.options.additive || this.builtinWanted;
  }

  private definition(name: string): MergeSchema | undefined {
    const lookup = (reference: string): MergeSchema | undefined => this.definition(reference);
    const own = this.custom?.definition(name, lookup);
    if (own !== undefined) return own;
    return this.usesBuiltin() ? builtinSchema().definition(name) : undefined;
  }
}
