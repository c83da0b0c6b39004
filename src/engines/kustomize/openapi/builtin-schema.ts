import type { MergeSchema } from '../../patch/merge-schema.ts';
import { builtinDefinitionNames, builtinSchemaJson } from './builtin-schema.generated.ts';

/** Nothing; definition n-1; a map of; a list of, with how it is merged. */
type Code = number | { readonly m: Code } | { readonly i: Code; readonly s?: string; readonly k?: readonly string[] };
/** The names of plain fields, and the codes of the others. */
type Definition = string | readonly [string, Readonly<Record<string, Code>>];

interface Table {
  readonly definitions: readonly Definition[];
  readonly kinds: Readonly<Record<string, number>>;
  readonly cluster: readonly string[];
  readonly namespaced: readonly string[];
}

const leaf: MergeSchema = { strategy: '', keys: [], field: () => undefined, elements: () => undefined };

/** The schemas of the kinds that Kubernetes 1.21 has, decoded as they are asked for. */
export class BuiltinSchema {
  private readonly table: Table = JSON.parse(builtinSchemaJson) as Table;
  private readonly decoded: (MergeSchema | undefined)[] = [];
  private names: ReadonlyMap<string, number> | undefined;

  /** Whether kinds live in namespaces, by apiVersion and kind. */
  private readonly scopes = new Map<string, Map<string, boolean>>();

  constructor() {
    for (const type of this.table.cluster) this.addScope(type, false);
    for (const type of this.table.namespaced) this.addScope(type, true);
  }

  private addScope(type: string, namespaced: boolean): void {
    const [apiVersion = '', kind = ''] = type.split(' ');
    const kinds = this.scopes.get(apiVersion);
    if (kinds === undefined) this.scopes.set(apiVersion, new Map([[kind, namespaced]]));
    else kinds.set(kind, namespaced);
  }

  /** Whether the kind lives in namespaces; undefined when it is not known. */
  isNamespaced(apiVersion: string, kind: string): boolean | undefined {
    return this.scopes.get(apiVersion)?.get(kind);
  }

  /** The schema of a kind; `''` separates nothing: the key is `apiVersion kind`. */
  kind(apiVersion: string, kind: string): MergeSchema | undefined {
    const index = this.table.kinds[`${apiVersion} ${kind}`];
    return index === undefined ? undefined : this.at(index);
  }

  /** The definition of that full name, for schemas that refer to it. */
  definition(name: string): MergeSchema | undefined {
    this.names ??= new Map(builtinDefinitionNames.split(' ').map((definition, i) => [definition, i]));
    const index = this.names.get(name);
    return index === undefined ? undefined : this.at(index);
  }

  private at(index: number): MergeSchema {
    const known = this.decoded[index];
    if (known !== undefined) return known;
    const [plain, codes] = partsOf(this.table.definitions[index] ?? '');
    const fields = new Map<string, MergeSchema | Code>(Object.entries(codes));
    for (const name of plain === '' ? [] : plain.split(' ')) fields.set(name, leaf);
    const schema: MergeSchema = {
      strategy: '',
      keys: [],
      field: (name) => {
        const field = fields.get(name);
        if (field === undefined || isSchema(field)) return field;
        const decoded = this.decode(field);
        fields.set(name, decoded);
        return decoded;
      },
      elements: () => undefined,
    };
    this.decoded[index] = schema;
    return schema;
  }

  private decode(code: Code): MergeSchema {
    if (typeof code === 'number') return code === 0 ? leaf : this.at(code - 1);
    if ('m' in code) {
      const value = this.decode(code.m);
      return { ...leaf, field: () => value };
    }
    return { ...leaf, strategy: code.s ?? '', keys: code.k ?? [], elements: () => this.decode(code.i) };
  }
}

function partsOf(definition: Definition): readonly [string, Readonly<Record<string, Code>>] {
  return typeof definition === 'string' ? [definition, {}] : definition;
}

function isSchema(value: MergeSchema | Code): value is MergeSchema {
  return typeof value === 'object' && 'elements' in value;
}

let shared: BuiltinSchema | undefined;

/** The table, read on first use and shared by all builds of the process. */
export function builtinSchema(): BuiltinSchema {
  shared ??= new BuiltinSchema();
  return shared;
}
