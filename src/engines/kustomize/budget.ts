import type { YamlNode } from '../../yaml/node.ts';
import { LimitExceeded } from './build-error.ts';

/** Bounds on one build. What a few lines ask for may be gigabytes: copies of copies, a file that is read a thousand times. */
export interface BuildLimits {
  /** Kustomizations read, one that is referred to twice counting twice. */
  readonly maxKustomizations: number;
  /** Bytes of files read, a file that is read twice counting twice. */
  readonly maxReadBytes: number;
  /** Values (maps, lists, scalars) that patches and replacements copy. */
  readonly maxCopiedValues: number;
  /** Characters that patches, replacements and vars copy. */
  readonly maxCopiedText: number;
}

/** Far above what anybody writes by hand. */
export const defaultBuildLimits: BuildLimits = {
  maxKustomizations: 20_000,
  maxReadBytes: 256 * 1024 * 1024,
  maxCopiedValues: 2_000_000,
  maxCopiedText: 128 * 1024 * 1024,
};

/** What one build may still do. Every method throws {@link LimitExceeded} when that is used up. */
export class Budget {
  private readonly limits: BuildLimits;
  private kustomizations = 0;
  private bytes = 0;
  private values = 0;
  private text = 0;

  constructor(limits: Partial<BuildLimits> = {}) {
    this.limits = { ...defaultBuildLimits, ...limits };
  }

  /** One more kustomization: those that refer to each other twice on each level double each time. */
  enter(): void {
    this.kustomizations += 1;
    check(this.kustomizations, this.limits.maxKustomizations, 'reads', 'kustomizations');
  }

  read(bytes: number): void {
    this.bytes += bytes;
    check(this.bytes, this.limits.maxReadBytes, 'reads', 'bytes');
  }

  /** A value that is about to be copied `times` times. */
  copy(node: YamlNode, times = 1): void {
    if (times === 0) return;
    const { values, text } = sizeOf(node);
    this.grow(values * times, text * times);
  }

  /** More values and more text in the objects of the build. */
  grow(values: number, text: number): void {
    this.values += Math.max(0, values);
    this.text += Math.max(0, text);
    check(this.values, this.limits.maxCopiedValues, 'copies', 'values');
    check(this.text, this.limits.maxCopiedText, 'copies', 'characters');
  }
}

function check(count: number, limit: number, does: string, what: string): void {
  if (count > limit) throw new LimitExceeded(`the build ${does} more than ${limit} ${what}`);
}

/** How many values a tree has, and how many characters. */
export function sizeOf(node: YamlNode): { readonly values: number; readonly text: number } {
  let values = 1;
  let text = node.value.length;
  for (const child of node.content) {
    const size = sizeOf(child);
    values += size.values;
    text += size.text;
  }
  return { values, text };
}
