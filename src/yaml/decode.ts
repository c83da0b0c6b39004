import { isRawJson } from '../lib/json.ts';
import { formatFloat32 } from './go-number.ts';
import { QUOTED, STYLE, TAG, type YamlNode } from './node.ts';
import { resolvePlain, resolveTagged, type ScalarValue, type YamlDialect } from './resolve.ts';
import { YamlError } from './yaml-error.ts';

/** How a tree becomes a value. */
export interface DecodeOptions {
  readonly dialect: YamlDialect;
  /** Two equal keys in a mapping: an error, or the last wins (what Go does when it is not strict). */
  readonly duplicates: 'error' | 'last';
  /** Named in errors. */
  readonly file?: string | undefined;
}

/** The kustomize-facing JSON value of a tree; alias bombs are refused as go-yaml refuses them. Throws {@link YamlError}. */
export function decodeNode(node: YamlNode, options: DecodeOptions): unknown {
  return new Decoder(options).value(node);
}

/** The share of a document that may come from aliases: 99 % of small ones, 10 % of very large ones (decode.go). */
function allowedAliasRatio(count: number): number {
  const low = 400_000;
  const high = 4_000_000;
  if (count <= low) return 0.99;
  return count >= high ? 0.1 : 0.99 - (0.89 * (count - low)) / (high - low);
}

class Decoder {
  private readonly options: DecodeOptions;
  private count = 0;
  private aliasCount = 0;
  private aliasDepth = 0;
  private readonly within = new Set<YamlNode>();

  constructor(options: DecodeOptions) {
    this.options = options;
  }

  value(node: YamlNode): unknown {
    this.charge(node);
    switch (node.kind) {
      case 'scalar':
        return this.scalar(node);
      case 'mapping':
        return this.mapping(node);
      case 'sequence':
        return node.content.map((item) => this.value(item));
      case 'alias':
        return this.aliased(node, (target) => this.value(target));
      case 'none':
        return null;
    }
  }

  private charge(node: YamlNode): void {
    this.count++;
    if (this.aliasDepth > 0) this.aliasCount++;
    if (this.aliasCount <= 100 || this.count <= 1000) return;
    if (this.aliasCount / this.count > allowedAliasRatio(this.count)) {
      throw this.error(node, 'document contains excessive aliasing');
    }
  }

  private aliased<T>(node: YamlNode, use: (target: YamlNode) => T): T {
    const target = node.alias;
    if (target === undefined || this.within.has(target)) {
      throw this.error(node, `anchor '${node.value}' value contains itself`);
    }
    this.within.add(target);
    this.aliasDepth++;
    const result = use(target);
    this.aliasDepth--;
    this.within.delete(target);
    return result;
  }

  private scalar(node: YamlNode): ScalarValue {
    const value = this.resolve(node);
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw this.error(node, `${node.value} cannot be written as JSON`);
    }
    return value;
  }

  private resolve(node: YamlNode): ScalarValue {
    if ((node.style & STYLE.tagged) === 0) {
      const text = (node.style & QUOTED) !== 0 || ((node.style & STYLE.bare) !== 0 && this.options.dialect === 'v2');
      return text ? node.value : resolvePlain(node.value, this.options.dialect).value;
    }
    try {
      return resolveTagged(node.tag, node.value, this.options.dialect);
    } catch (error) {
      throw this.error(node, error instanceof Error ? error.message : String(error));
    }
  }

  private mapping(node: YamlNode): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    this.fill(result, node, new Set());
    return result;
  }

  private fill(result: Record<string, unknown>, node: YamlNode, seen: Set<string>): void {
    const { content } = node;
    for (let i = 0; i + 1 < content.length; i += 2) {
      const key = content[i] as YamlNode;
      const member = content[i + 1] as YamlNode;
      if (isMergeKey(key)) {
        this.merge(result, member);
        continue;
      }
      const name = this.keyOf(key);
      if (seen.has(name) && this.options.duplicates === 'error') {
        throw this.error(key, `mapping key "${name}" is already defined above`);
      }
      seen.add(name);
      setMember(result, name, this.value(member));
    }
  }

  /** go-yaml v2 merges where it finds `<<`: keys before it are overwritten, keys after it win. */
  private merge(result: Record<string, unknown>, node: YamlNode): void {
    switch (node.kind) {
      case 'mapping':
        this.fill(result, node, new Set());
        break;
      case 'alias':
        this.aliased(node, (target) => this.merge(result, target));
        break;
      case 'sequence':
        for (const item of node.content.toReversed()) this.merge(result, item);
        break;
      default:
        throw this.error(node, 'map merge requires map or sequence of maps as the value');
    }
  }

  private keyOf(node: YamlNode): string {
    if (node.kind === 'alias') return this.aliased(node, (target) => this.keyOf(target));
    if (node.kind !== 'scalar') throw this.error(node, 'a mapping key must be a scalar');
    const value = this.resolve(node);
    if (typeof value === 'string') return value;
    if (typeof value === 'number') return Number.isInteger(value) ? String(value) : formatFloat32(value);
    if (value === null) throw this.error(node, 'a mapping key must not be null');
    return isRawJson(value) ? value.rawJSON : String(value);
  }

  private error(node: YamlNode, reason: string): YamlError {
    return new YamlError(reason, { file: this.options.file, line: node.line });
  }
}

/** Sets an own member whatever its name is: `__proto__` too. */
export function setMember(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  } else target[name] = value;
}

/** Whether this is the `<<` that merges maps. */
export function isMergeKey(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === '<<' && (node.tag === TAG.merge || node.tag === '');
}
