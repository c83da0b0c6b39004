import { isRawJson, type RawJson, rawNumber } from '../lib/json.ts';
import { TAG } from './node.ts';
import { formatTimestamp } from './timestamp.ts';

/**
 * Which of Go's YAML libraries reads: `v2` is what sigs.k8s.io/yaml uses (YAML 1.1 booleans), `v3` is what kustomize's
 * resources go through (YAML 1.2 booleans, timestamps become RFC 3339 texts).
 */
export type YamlDialect = 'v2' | 'v3';

/** A value that a scalar can stand for. */
export type ScalarValue = string | number | boolean | null | RawJson;

/** Tag and value of a plain scalar. */
export interface Resolved {
  readonly tag: string;
  readonly value: ScalarValue;
}

const common: readonly (readonly [ScalarValue, string, readonly string[]])[] = [
  [true, TAG.bool, ['true', 'True', 'TRUE']],
  [false, TAG.bool, ['false', 'False', 'FALSE']],
  [null, TAG.null, ['', '~', 'null', 'Null', 'NULL']],
  [Number.NaN, TAG.float, ['.nan', '.NaN', '.NAN']],
  [Number.POSITIVE_INFINITY, TAG.float, ['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF']],
  [Number.NEGATIVE_INFINITY, TAG.float, ['-.inf', '-.Inf', '-.INF']],
];
const oldTrue = ['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'];
const oldFalse = ['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'];

function wordTable(words: typeof common): ReadonlyMap<string, Resolved> {
  return new Map(words.flatMap(([value, tag, list]) => list.map((word) => [word, { tag, value }] as const)));
}

const tables: Readonly<Record<YamlDialect, ReadonlyMap<string, Resolved>>> = {
  v2: wordTable([...common, [true, TAG.bool, oldTrue], [false, TAG.bool, oldFalse]]),
  v3: wordTable(common),
};
const oldBooleans: ReadonlySet<string> = new Set([...oldTrue, ...oldFalse]);

/** Whether YAML 1.1 reads the text as a boolean and YAML 1.2 does not: `y`, `no`, `On` and their like. */
export function isOldBoolean(text: string): boolean {
  return oldBooleans.has(text);
}

const integer = /^[-+]?(?:0[bB][01]+|0[oO][0-7]+|0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const dotFloat = /^\.[0-9]+(?:[eE][-+]?[0-9]+)?$/;
const sixty = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

/** Whether YAML 1.1 reads the text as a number in base 60 (`12:30:45`): Go writes it quoted and reads it as text. */
export function isBase60(text: string): boolean {
  return text.includes(':') && sixty.test(text);
}

/** First characters of texts that can be anything but a string: signs, digits, the letters of the words, `.`. */
const hinted = new Uint8Array(128);
for (const char of '+-0123456789yYnNtTfFoO~.') hinted[char.charCodeAt(0)] = 1;

/** Whether a plain scalar is a string already by its first character. Others may be strings, too. */
export function isText(text: string): boolean {
  const first = text.charCodeAt(0);
  return first > 127 || hinted[first] === 0;
}

/** What a plain scalar's text is, as go-yaml's resolve.go decides it. */
export function resolvePlain(text: string, dialect: YamlDialect): Resolved {
  if (text === '') return nothing;
  if (isText(text)) return { tag: TAG.str, value: text };
  const first = text.charCodeAt(0);
  const word = tables[dialect].get(text);
  if (word !== undefined) return word;
  if (first === 0x2e) return floatOf(text, dotFloat) ?? { tag: TAG.str, value: text };
  if (first > 0x39 || first < 0x2b) return { tag: TAG.str, value: text };
  return numeric(text, dialect) ?? { tag: TAG.str, value: text };
}

const nothing: Resolved = { tag: TAG.null, value: null };

function numeric(text: string, dialect: YamlDialect): Resolved | undefined {
  const time = formatTimestamp(text);
  if (time !== undefined) return { tag: TAG.timestamp, value: dialect === 'v3' ? time : text };
  const plain = text.includes('_') ? text.replaceAll('_', '') : text;
  if (integer.test(plain)) {
    const value = integerOf(plain);
    if (value !== undefined) return { tag: TAG.int, value };
  }
  return floatOf(plain, float);
}

function floatOf(text: string, pattern: RegExp): Resolved | undefined {
  if (!pattern.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? { tag: TAG.float, value } : undefined;
}

/** strconv.ParseInt with base 0, then ParseUint: exact to 64 bits, undefined beyond. */
function integerOf(text: string): number | RawJson | undefined {
  const negative = text.startsWith('-');
  const digits = negative || text.startsWith('+') ? text.slice(1) : text;
  const literal = /^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits;
  const small = Number(literal);
  if (Number.isSafeInteger(small)) return negative && small !== 0 ? -small : small;
  const big = negative ? -BigInt(literal) : BigInt(literal);
  if (big < -(2n ** 63n) || big >= 2n ** 64n) return undefined;
  if (text.startsWith('+') && big >= 2n ** 63n) return undefined;
  return rawNumber(big.toString());
}

const resolvable: ReadonlySet<string> = new Set([TAG.str, TAG.bool, TAG.int, TAG.float, TAG.null, TAG.timestamp]);

/**
 * The value of a scalar with an explicit tag. Throws RangeError when the text cannot be what the tag says. A tag
 * that is not in the core schema leaves the text a string, as Go's libraries do.
 */
export function resolveTagged(tag: string, text: string, dialect: YamlDialect): ScalarValue {
  if (tag === TAG.binary) return decodeBinary(text);
  if (!resolvable.has(tag) || tag === TAG.str) return text;
  const found = resolvePlain(text, dialect);
  if (found.tag === tag) return found.value;
  if (tag === TAG.float && found.tag === TAG.int) {
    return isRawJson(found.value) ? Number(found.value.rawJSON) : found.value;
  }
  throw new RangeError(`cannot decode ${found.tag} \`${text}\` as a ${tag}`);
}

function decodeBinary(text: string): string {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll(/[\r\n]/g, '')), (char) => char.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  } catch {
    throw new RangeError('!!binary value contains invalid base64 data');
  }
}
