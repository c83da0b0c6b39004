import { isRawJson } from '../lib/json.ts';
import { analyzeScalar, type ScalarWriter, writeDouble, writeLiteral, writePlain, writeSingle } from './emit-scalar.ts';
import { formatNumber } from './go-number.ts';
import { LineWriter } from './line-writer.ts';
import { compareKeys } from './natural-order.ts';
import { TAG } from './node.ts';
import { isBase60, resolvePlain } from './resolve.ts';

const width = 80;

/**
 * A JSON value as sigs.k8s.io/yaml writes it, byte for byte: keys in natural order, sequences not indented, strings
 * quoted where YAML 1.1 would read something else, long lines folded at 80 columns, line breaks as literal blocks.
 * Members that are undefined are left out. Throws RangeError on numbers that JSON cannot hold.
 */
export function emitYaml(value: unknown): string {
  return emitted(value, compareKeys);
}

/** As {@link emitYaml}, with the keys in the order of their bytes, as a digest of values wants them. */
export function emitSortedYaml(value: unknown): string {
  return emitted(value, compareBytes);
}

type Compare = (a: string, b: string) => number;

function emitted(value: unknown, compare: Compare): string {
  const emitter = new ValueEmitter(compare);
  emitter.root(value);
  return emitter.out.text();
}

/** Whether a string has to be quoted to stay a string (encode.go, stringv). */
function isAmbiguous(text: string): boolean {
  return resolvePlain(text, 'v2').tag !== TAG.str || isBase60(text);
}

/** A mapping key as it is written: one line always, quoted where it must be. */
function emitKey(text: string): string {
  if (text === '') return '""';
  const analysis = analyzeScalar(text);
  const at: ScalarWriter = { column: 0, indent: 0, width };
  if (analysis.multiline || isAmbiguous(text) || (!analysis.blockPlain && !analysis.single))
    return writeDouble(text, at, false);
  return analysis.blockPlain ? text : writeSingle(text, at, false);
}

/** Longer keys are written in the explicit form, `? key` (emitterc.go, yaml_emitter_check_simple_key). */
function isSimpleKey(text: string): boolean {
  if (/[\n\r\u0085\u2028\u2029]/.test(text)) return false;
  return text.length <= 42 || new TextEncoder().encode(text).length <= 128;
}

/** In the order of UTF-8, in which surrogates come last. */
function compareBytes(a: string, b: string): number {
  const points = (text: string) => Array.from(text, (char) => char.codePointAt(0) ?? 0);
  const [left, right] = [points(a), points(b)];
  const at = left.findIndex((point, index) => point !== right[index]);
  return at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
}

class ValueEmitter {
  readonly out = new LineWriter();
  readonly #compare: Compare;

  constructor(compare: Compare) {
    this.#compare = compare;
  }

  root(value: unknown): void {
    if (isMapping(value)) this.mapping(value, 0, true);
    else if (Array.isArray(value) && value.length > 0) this.sequence(value, 0, true);
    else this.scalar(value, 0, false);
  }

  private mapping(value: Readonly<Record<string, unknown>>, indent: number, inline: boolean): void {
    let first = inline;
    for (const key of Object.keys(value).sort(this.#compare)) {
      const member = value[key];
      if (member === undefined) continue;
      if (!first) this.out.newline(indent);
      first = false;
      if (isSimpleKey(key)) {
        this.out.add(`${emitKey(key)}:`);
        this.member(member, indent);
      } else this.explicitEntry(key, member, indent);
    }
  }

  private explicitEntry(key: string, member: unknown, indent: number): void {
    this.out.add('?');
    this.scalar(key, indent, true);
    this.out.newline(indent);
    this.out.add(':');
    if (isMapping(member)) {
      this.out.add(' ');
      this.mapping(member, indent + 2, true);
    } else if (Array.isArray(member) && member.length > 0) {
      this.out.add(' ');
      this.sequence(member, indent + 2, true);
    } else this.scalar(member, indent, true);
  }

  private member(value: unknown, indent: number): void {
    if (isMapping(value)) {
      this.out.newline(indent + 2);
      this.mapping(value, indent + 2, true);
    } else if (Array.isArray(value) && value.length > 0) {
      this.out.newline(indent);
      this.sequence(value, indent, true);
    } else this.scalar(value, indent, true);
  }

  private sequence(items: readonly unknown[], indent: number, inline: boolean): void {
    let first = inline;
    for (const item of items) {
      if (!first) this.out.newline(indent);
      first = false;
      this.out.add('-');
      if (isMapping(item)) {
        this.out.add(' ');
        this.mapping(item, indent + 2, true);
      } else if (Array.isArray(item) && item.length > 0) {
        this.out.add(' ');
        this.sequence(item, indent + 2, true);
      } else this.scalar(item ?? null, indent, true);
    }
  }

  private scalar(value: unknown, indent: number, spaced: boolean): void {
    if (spaced) this.out.add(' ');
    switch (typeof value) {
      case 'string':
        this.out.add(this.text(value, indent));
        break;
      case 'number':
        if (!Number.isFinite(value)) throw new RangeError(`not a JSON number: ${value}`);
        this.out.add(formatNumber(value));
        break;
      case 'boolean':
        this.out.add(value ? 'true' : 'false');
        break;
      default:
        if (isRawJson(value)) this.out.add(value.rawJSON);
        else if (value === null || value === undefined) this.out.add('null');
        else this.out.add(Array.isArray(value) ? '[]' : '{}');
    }
  }

  private text(value: string, indent: number): string {
    if (value === '') return '""';
    const analysis = analyzeScalar(value);
    if (value.includes('\n')) {
      if (analysis.block) return writeLiteral(value, indent + 2);
      return writeDouble(value, this.writer(indent), true);
    }
    if (isAmbiguous(value)) return writeDouble(value, this.writer(indent), true);
    if (analysis.blockPlain) return writePlain(value, this.writer(indent), true);
    return analysis.single
      ? writeSingle(value, this.writer(indent), true)
      : writeDouble(value, this.writer(indent), true);
  }

  private writer(indent: number): ScalarWriter {
    return { column: [...this.out.line].length, indent: indent + 2, width };
  }
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawJson(value) && hasMember(value);
}

function hasMember(value: object): boolean {
  for (const member of Object.values(value)) if (member !== undefined) return true;
  return false;
}
