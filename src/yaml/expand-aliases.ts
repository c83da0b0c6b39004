import { isMergeKey } from './decode.ts';
import type { YamlNode } from './node.ts';
import { YamlError } from './yaml-error.ts';

/** How many nodes aliases may add to a document. */
const maxCopied = 1_000_000;
/** How many characters they may add. */
const maxCopiedText = 64 * 1024 * 1024;

/**
 * Replaces aliases by copies of what they name, merges `<<`, and forgets anchors, in place where it can (kyaml
 * RNode.DeAnchor). Answers the root. Throws {@link YamlError} on cycles and alias bombs.
 */
export function expandAliases(root: YamlNode, file?: string): YamlNode {
  if (!hasAliases(root)) return root;
  return new Expander(file).expand(root);
}

function hasAliases(node: YamlNode): boolean {
  if (node.kind === 'scalar') return node.anchor !== '' || node.value === '<<';
  return node.kind === 'alias' || node.anchor !== '' || node.content.some(hasAliases);
}

class Expander {
  private readonly file: string | undefined;
  private readonly within = new Set<YamlNode>();
  private readonly done = new Set<YamlNode>();
  private copied = 0;
  private copiedText = 0;

  constructor(file: string | undefined) {
    this.file = file;
  }

  expand(node: YamlNode): YamlNode {
    node.anchor = '';
    if (node.kind === 'alias') return this.copyOf(node);
    if (node.kind === 'scalar' || this.done.has(node)) return node;
    if (this.within.has(node)) throw this.error(node, 'an anchor contains itself');
    this.within.add(node);
    if (node.kind === 'mapping') this.mergeInto(node);
    for (let i = 0; i < node.content.length; i++) node.content[i] = this.expand(node.content[i] as YamlNode);
    this.within.delete(node);
    this.done.add(node);
    return node;
  }

  private copyOf(alias: YamlNode): YamlNode {
    const target = alias.alias;
    if (target === undefined || this.within.has(target)) {
      throw this.error(alias, `anchor '${alias.value}' contains itself`);
    }
    const expanded = this.expand(target);
    this.count(expanded, alias);
    return expanded.copy();
  }

  /** Counts what is about to be copied: a few lines of aliases can stand for gigabytes. */
  private count(node: YamlNode, at: YamlNode): void {
    this.copied += 1;
    this.copiedText += node.value.length;
    if (this.copied > maxCopied || this.copiedText > maxCopiedText) {
      throw this.error(at, 'document contains excessive aliasing');
    }
    for (const child of node.content) this.count(child, at);
  }

  private mergeInto(node: YamlNode): void {
    const merges = valuesOfMergeKeys(node);
    if (merges.length === 0) return;
    if (merges.length > 1) throw this.error(node, 'duplicate merge key');
    const own = node.content.filter((_, i) => !isMergeKey(node.content[i - (i % 2)] as YamlNode));
    const merged: YamlNode[] = [...own];
    for (const source of this.sources(merges[0] as YamlNode)) {
      this.count(source, node);
      overlay(merged, source.copy().content);
    }
    overlay(merged, own);
    node.content = merged;
  }

  /** The maps that a `<<` names; earlier ones win, so they come last. */
  private sources(value: YamlNode): YamlNode[] {
    switch (value.kind) {
      case 'mapping':
        return [value];
      case 'alias':
        if (value.alias?.kind !== 'mapping')
          throw this.error(value, 'invalid map merge: received alias for a non-map value');
        if (this.within.has(value.alias)) throw this.error(value, `anchor '${value.value}' contains itself`);
        return [this.expand(value.alias)];
      case 'sequence':
        return value.content
          .flatMap((item) => {
            if (item.kind === 'sequence') throw this.error(item, 'invalid map merge: received a nested sequence');
            return this.sources(item);
          })
          .reverse();
      default:
        throw this.error(value, 'map merge requires map or sequence of maps as the value');
    }
  }

  private error(node: YamlNode, reason: string): YamlError {
    return new YamlError(reason, { file: this.file, line: node.line });
  }
}

function valuesOfMergeKeys(node: YamlNode): YamlNode[] {
  const values: YamlNode[] = [];
  for (let i = 0; i + 1 < node.content.length; i += 2) {
    if (isMergeKey(node.content[i] as YamlNode)) values.push(node.content[i + 1] as YamlNode);
  }
  return values;
}

/** Sets every pair of `source` in `target`, in the place of the pair that has the same key. */
function overlay(target: YamlNode[], source: readonly YamlNode[]): void {
  for (let i = 0; i + 1 < source.length; i += 2) {
    const key = source[i] as YamlNode;
    const value = source[i + 1] as YamlNode;
    let at = 0;
    while (at < target.length && (target[at] as YamlNode).value !== key.value) at += 2;
    target[at] = key;
    target[at + 1] = value;
  }
}
