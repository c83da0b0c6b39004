import { assertKind, fieldNames, fieldOf, isMissingOrNull, keyIndex, setField } from '../../yaml/fields.ts';
import { TAG, YamlNode } from '../../yaml/node.ts';
import { itemIdentities, mergeList, scalarIdentities } from './associative-list.ts';
import { takeDirective, takeKnownDirective } from './directives.ts';
import { MergeError } from './merge-error.ts';
import type { MergeSchema, SchemaLookup } from './merge-schema.ts';

/** How a merge is done. */
export interface MergeOptions {
  /** Finds the schema of an object by its apiVersion and kind. */
  readonly schemaFor: SchemaLookup;
  /** New items of lists come before the old ones, as kustomize wants. */
  readonly prepend?: boolean;
  /** Lists without a schema are merged by `name` when their items have one. */
  readonly inferKeys?: boolean;
}

/**
 * Merges a strategic merge patch into `dest`, in place, and answers the result; undefined when the patch deletes it.
 * The patch is used up: directives are taken out of it, and its nodes may become part of the result (kyaml
 * yaml/merge2 and yaml/walk). Throws NodeKindError and {@link MergeError}.
 */
export function strategicMerge(dest: YamlNode, patch: YamlNode, options: MergeOptions): YamlNode | undefined {
  return new Walker(options).walk([dest, patch], undefined, []);
}

/** What is there, and what the patch says. */
type Versions = [dest: YamlNode | undefined, origin: YamlNode | undefined];

class Walker {
  private readonly options: MergeOptions;

  constructor(options: MergeOptions) {
    this.options = options;
  }

  walk(versions: Versions, known: MergeSchema | undefined, path: readonly string[]): YamlNode | undefined {
    const schema = known ?? this.schemaOf(versions);
    const kind = versions.find((version) => !isMissingOrNull(version))?.kind;
    switch (kind) {
      case 'mapping':
        assertBoth(versions, 'mapping', path);
        return this.map(versions, schema, path);
      case 'sequence':
        assertBoth(versions, 'sequence', path);
        return this.isAssociative(versions, schema) ? this.list(versions, schema, path) : plain(versions);
      case 'scalar':
        assertBoth(versions, 'scalar', path);
        return plain(versions);
      case undefined:
        return this.map(versions, schema, path);
      default:
        return undefined;
    }
  }

  private schemaOf(versions: Versions): MergeSchema | undefined {
    for (const version of versions) {
      const kind = fieldOf(version, 'kind')?.value ?? '';
      const apiVersion = fieldOf(version, 'apiVersion')?.value ?? '';
      if (kind === '' || apiVersion === '') continue;
      const schema = this.options.schemaFor(apiVersion, kind);
      if (schema !== undefined) return schema;
    }
    return undefined;
  }

  /** A comment on a field's line, of either version, may hold its schema (kyaml walk/map.go, valueIfPresent). */
  private commented(versions: Versions, name: string): MergeSchema | undefined {
    for (const version of versions) {
      const key = version?.kind === 'mapping' ? version.content[keyIndex(version, name)] : undefined;
      const schema =
        key === undefined || key.comment === '' ? undefined : this.options.schemaFor.inComment?.(key.comment);
      if (schema !== undefined) return schema;
    }
    return undefined;
  }

  private isAssociative(versions: Versions, schema: MergeSchema | undefined): boolean {
    if (schema !== undefined) return schema.strategy.split(',').includes('merge');
    if (this.options.inferKeys !== true) return false;
    return versions.some((version) => !isMissingOrNull(version) && inferredKey(version) !== '');
  }

  private map(versions: Versions, schema: MergeSchema | undefined, path: readonly string[]): YamlNode | undefined {
    const dest = visitMap(versions);
    if (dest === undefined) return undefined;
    versions[0] = dest;
    const names = new Set(versions.flatMap((version) => (version === undefined ? [] : fieldNames(version))));
    for (const name of [...names].sort(byCodeUnits)) {
      const members: Versions = [fieldOf(versions[0], name), fieldOf(versions[1], name)];
      const [before, patched] = members;
      const value = this.walk(members, this.commented(versions, name) ?? schema?.field(name), [...path, name]);
      const from = value === patched ? versions[1] : value === before ? versions[0] : undefined;
      setField(dest, name, value, from === undefined ? 0 : keyStyle(from, name));
    }
    return dest;
  }

  private list(versions: Versions, schema: MergeSchema | undefined, path: readonly string[]): YamlNode | undefined {
    const dest = visitList(versions);
    if (dest === undefined) return undefined;
    versions[0] = dest;
    const { prepend = false } = this.options;
    const keys = schema === undefined || schema.strategy === '' ? [commonKey(versions, path)] : schema.keys;
    const values = itemIdentities(versions, keys, prepend);
    const scalars = values.length === 0 && keys.length === 0;
    const merged = mergeList(
      {
        dest,
        sources: versions,
        keys: scalars ? [''] : keys,
        prepend,
        mergeItem: ([a, b]) => this.walk([a, b], schema?.elements(), path),
      },
      scalars ? scalarIdentities(versions, prepend) : values,
    );
    return isMissingOrNull(merged) ? undefined : merged;
  }
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function keyStyle(map: YamlNode, name: string): number {
  const i = keyIndex(map, name);
  return i < 0 ? 0 : ((map.content[i] as YamlNode).style ?? 0);
}

function assertBoth(versions: Versions, kind: 'mapping' | 'sequence' | 'scalar', path: readonly string[]): void {
  for (const version of versions) {
    try {
      assertKind(version, kind);
    } catch (error) {
      const where = path.length === 0 ? '' : `field ${path.join('.')}: `;
      throw new MergeError(where + (error instanceof Error ? error.message : String(error)), { cause: error });
    }
  }
}

/** An empty map or list takes the style of what is merged into it, so that `{}` does not fold its members. */
function takeStyle([dest, origin]: Versions): void {
  if (dest === undefined || origin === undefined) return;
  if (dest.kind !== 'scalar' && dest.content.length === 0) dest.style = origin.style;
}

/** Scalars, and lists that are replaced as a whole. */
function plain(versions: Versions): YamlNode | undefined {
  takeStyle(versions);
  return versions[1] ?? versions[0];
}

function visitMap(versions: Versions): YamlNode | undefined {
  takeStyle(versions);
  const [dest, origin] = versions;
  if (!isMissingOrNull(dest)) return directed(dest, origin);
  const written: YamlNode | undefined = versions[0];
  if (origin?.kind === 'mapping' && takeKnownDirective(origin) === 'delete') return undefined;
  if (origin === undefined && written !== undefined && written.value !== '') return keptNull(written.value);
  return origin;
}

/** A null that was written out stays; only an empty one is taken away by a patch that does not name it. */
function keptNull(text: string): YamlNode {
  const node = new YamlNode('scalar', TAG.null, text);
  node.keep = true;
  return node;
}

function visitList(versions: Versions): YamlNode | undefined {
  takeStyle(versions);
  const [dest, origin] = versions;
  return isMissingOrNull(dest) ? origin : directed(dest, origin);
}

function directed(dest: YamlNode, origin: YamlNode | undefined): YamlNode | undefined {
  if (origin?.tag === TAG.null) return undefined;
  const directive = takeDirective(origin);
  if (directive === 'delete') return undefined;
  return directive === 'replace' ? origin : dest;
}

function inferredKey(list: YamlNode): string {
  return list.content.every((item) => fieldOf(item, 'name') !== undefined) ? 'name' : '';
}

function commonKey(versions: Versions, path: readonly string[]): string {
  let key = '';
  for (const version of versions) {
    if (version === undefined || version.content.length === 0) continue;
    const own = inferredKey(version);
    if (key !== '' && key !== own) {
      throw new MergeError(`conflicting merge keys [${key},${own}] for field ${path.join('.')}`);
    }
    key = own;
  }
  if (key === '') throw new MergeError(`no merge key found for field ${path.join('.')}`);
  return key;
}
