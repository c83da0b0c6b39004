import { isRawJson } from '../../lib/json.ts';
import { QUOTED, STYLE, TAG, type YamlNode } from '../../yaml/node.ts';
import { parseNodes } from '../../yaml/parse-nodes.ts';
import { resolvePlain, resolveTagged } from '../../yaml/resolve.ts';
import { Branch, type Branches, Comment, type Item, Timestamp, type Value } from '../document.ts';
import { SopsError } from '../sops-error.ts';
import { type Layout, layoutOf, type OwnLineComment, type Place } from './yaml-comments.ts';

/** What aliases may make of a document. */
const maxNodes = 1_000_000;

/**
 * The documents of a YAML file with their comments, scalars as go-yaml v3 reads them (getsops/sops stores/yaml).
 * Throws {@link SopsError} with code `format`.
 */
export function readYaml(text: string): Branches {
  let documents: readonly YamlNode[];
  try {
    documents = parseNodes(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SopsError('format', `Error unmarshaling input YAML: ${reason}`, { cause: error });
  }
  const reader = new Reader(layoutOf(text, documents));
  return documents.map((document) => reader.document(document));
}

/** Where the next thing stands; comments to its right belong to what comes before. */
const end: Place = { line: Number.POSITIVE_INFINITY, column: -1 };

class Reader {
  readonly #layout: Layout;
  readonly #comments: readonly OwnLineComment[];
  /** How many comments are taken. */
  #taken = 0;
  readonly #within = new Set<YamlNode>();
  #nodes = 0;
  /** The line before which comments were given to the deepest level already. */
  #trailed = -1;

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#comments = layout.comments;
  }

  document(node: YamlNode): Branch {
    const target = this.#follow(node);
    if (target.kind === 'scalar' && resolvePlain(target.value, 'v3').value === null) return new Branch([]);
    if (target.kind !== 'mapping') {
      const what = target.kind === 'sequence' ? 'sequences' : 'values';
      throw malformed(`YAML documents that are ${what} are not supported`);
    }
    const last = this.#lastLine(node);
    const separator = this.#layout.separators.find((line) => line > last);
    return this.#mapping(node, separator === undefined ? end : { line: separator, column: -1 });
  }

  /** The line where the last node begins that has a place. */
  #lastLine(node: YamlNode): number {
    const own = this.#layout.places.get(node)?.line ?? -1;
    return node.content.reduce((last, child) => Math.max(last, this.#lastLine(child)), own);
  }

  #value(node: YamlNode, next: Place): Value {
    this.#nodes++;
    if (this.#nodes > maxNodes) throw malformed('document contains excessive aliasing');
    switch (node.kind) {
      case 'scalar':
        return scalarValue(node);
      case 'mapping':
        return this.#mapping(node, next);
      case 'sequence':
        return this.#sequence(node, next);
      case 'alias':
        return this.#aliased(node, next);
      case 'none':
        return null;
    }
  }

  #aliased(node: YamlNode, next: Place): Value {
    const target = this.#follow(node);
    if (this.#within.has(target)) throw malformed(`anchor '${node.value}' value contains itself`);
    this.#within.add(target);
    const value = this.#value(target, next);
    this.#within.delete(target);
    return value;
  }

  #follow(node: YamlNode): YamlNode {
    return node.kind === 'alias' ? (node.alias ?? node) : node;
  }

  #mapping(node: YamlNode, next: Place): Branch {
    const target = this.#follow(node);
    const items: Item[] = [];
    const seen = new Set<string>();
    for (const comment of this.#flowComment(target)) items.push({ key: comment, value: null });
    const { content } = target;
    for (let i = 0; i + 1 < content.length; i += 2) {
      const [key, value, following] = [content[i], content[i + 1], content[i + 2]];
      if (key === undefined || value === undefined) break;
      const name = keyOf(key);
      if (seen.has(name)) throw malformed(`mapping key "${name}" is already defined`);
      seen.add(name);
      for (const comment of this.#before(key, value)) items.push({ key: comment, value: null });
      items.push({ key: name, value: this.#value(value, this.#placeOr(following, next)) });
    }
    const trailing = this.#isFlow(target) ? [] : this.#trailing(content[0], next);
    for (const comment of trailing) items.push({ key: comment, value: null });
    return new Branch(items);
  }

  #sequence(node: YamlNode, next: Place): readonly Value[] {
    const values: Value[] = [...this.#flowComment(node)];
    for (const [i, item] of node.content.entries()) {
      values.push(...this.#before(item, item), this.#value(item, this.#dashOr(node, node.content[i + 1], next)));
    }
    if (!this.#isFlow(node)) values.push(...this.#trailing(node, next));
    return values;
  }

  #placeOr(node: YamlNode | undefined, next: Place): Place {
    return (node === undefined ? undefined : this.#layout.places.get(node)) ?? next;
  }

  /** Where the dash of an item stands: in the column of the sequence. */
  #dashOr(sequence: YamlNode, item: YamlNode | undefined, next: Place): Place {
    const line = item === undefined ? undefined : this.#layout.places.get(item)?.line;
    const column = this.#layout.places.get(sequence)?.column;
    return line === undefined || column === undefined ? next : { line, column };
  }

  /** Comments above an entry, and the one behind its value, which comes before it in the tree as well. */
  #before(first: YamlNode, value: YamlNode): readonly Comment[] {
    const place = this.#layout.places.get(first);
    if (place === undefined) return [];
    const comments = this.#takeWhile(({ line }) => line < place.line);
    const leaf = value.kind === 'scalar' || value.kind === 'alias';
    const behind = leaf || value !== first ? this.#layout.inline.get(place.line) : undefined;
    if (behind !== undefined && (leaf || !this.#isFlow(value))) comments.push(new Comment(behind, leaf));
    return comments;
  }

  #flowComment(node: YamlNode): readonly Comment[] {
    const line = this.#layout.places.get(node)?.line;
    const text = line === undefined || !this.#isFlow(node) ? undefined : this.#layout.inline.get(line);
    return text === undefined ? [] : [new Comment(text)];
  }

  #isFlow(node: YamlNode): boolean {
    return (node.style & STYLE.flow) !== 0;
  }

  /**
   * Comments at the end of a collection, to the right of what comes next. go-yaml gives the first ones to the value that
   * stands before them, however deep it is, and those that stand further to the left to the level they are at.
   */
  #trailing(first: YamlNode | undefined, next: Place): readonly Comment[] {
    const comment = this.#comments[this.#taken];
    const isTrailing = ({ line, column }: Place): boolean => line < next.line && column > next.column;
    if (comment === undefined || !isTrailing(comment)) return [];
    const isDeepest = this.#trailed !== next.line;
    this.#trailed = next.line;
    const own = first === undefined ? undefined : this.#layout.places.get(first)?.column;
    return this.#takeWhile(
      (one) =>
        isTrailing(one) && ((isDeepest && one.column === comment.column) || (own !== undefined && one.column >= own)),
    );
  }

  #takeWhile(wanted: (comment: OwnLineComment) => boolean): Comment[] {
    const taken: Comment[] = [];
    for (let next = this.#comments[this.#taken]; next !== undefined && wanted(next); ) {
      taken.push(new Comment(next.text));
      next = this.#comments[++this.#taken];
    }
    return taken;
  }
}

function keyOf(node: YamlNode): string {
  const value = node.kind === 'scalar' && node.tag !== TAG.merge ? scalarValue(node) : node.value;
  if (typeof value !== 'string' || node.kind !== 'scalar') {
    throw malformed(`line ${node.line}: Tree contains a non-string key. Only string keys are supported`);
  }
  return value;
}

function scalarValue(node: YamlNode): Value {
  const tagged = (node.style & STYLE.tagged) !== 0;
  if (!tagged && (node.style & QUOTED) !== 0) return node.value;
  const { tag } = tagged ? node : resolvePlain(node.value, 'v3');
  let value: unknown;
  try {
    value = tagged ? resolveTagged(tag, node.value, 'v3') : resolvePlain(node.value, 'v3').value;
  } catch {
    // go-yaml gives nothing for a text that is not what its tag says.
    return null;
  }
  if (tag === TAG.int) return integer(value, node);
  if (tag === TAG.timestamp) return new Timestamp(String(value));
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  return null;
}

function integer(value: unknown, node: YamlNode): bigint {
  const exact = BigInt(isRawJson(value) ? value.rawJSON : Number(value));
  if (BigInt.asIntN(64, exact) !== exact) {
    throw malformed(`line ${node.line}: Cannot walk value, an integer is larger than 64 bits`);
  }
  return exact;
}

function malformed(reason: string): SopsError {
  return new SopsError('format', `Error unmarshaling input YAML: ${reason}`);
}
