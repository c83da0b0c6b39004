import { EnvsubstError } from './envsubst-error.ts';
import { BadPattern, compileGlob, GlobRun, globMatch } from './glob.ts';

type Substitute = (value: string, args: readonly string[]) => string;

const table: Readonly<Record<string, Substitute>> = {
  ',': (value) => firstCase(value, lower),
  ',,': (value) => [...value].map(lower).join(''),
  '^': (value) => firstCase(value, upper),
  '^^': (value) => [...value].map(upper).join(''),
  '#': (value, [pattern]) => (pattern === undefined ? String(byteLength(value)) : trimShortest(value, pattern)),
  '##': (value, [pattern = '']) => trimLongest(value, pattern),
  '%': (value, [pattern = '']) => reverse(trimShortest(reverse(value), reverse(pattern))),
  '%%': (value, [pattern = '']) => reverse(trimLongest(reverse(value), reverse(pattern))),
  ':': substring,
  '/#': (value, args) => (args.length === 2 && value.startsWith(args[0] ?? '') ? replaceFirst(value, args) : value),
  '/%': replaceSuffix,
  '/': replaceFirst,
  '//': replaceAll,
};

/**
 * What an operator makes of a variable's value (github.com/fluxcd/pkg envsubst/funcs.go). Every operator that is not
 * in the table gives the arguments when the value is empty: `:-`, `=` and, unlike in bash, `:+` and `:?` too. Throws
 * {@link EnvsubstError} where the original crashes.
 */
export function substitute(operator: string, value: string, args: readonly string[]): string {
  const known = Object.hasOwn(table, operator) ? table[operator] : undefined;
  if (known !== undefined) return known(value, args);
  return value === '' ? args.join('') : value;
}

/** How many characters a result may have: a value in the place of each of its own letters is gigabytes. */
export const maxOutput = 64 * 1024 * 1024;
/** Characters times steps of a pattern. */
const maxGlobWork = 10_000_000;
const maxTrialLength = 200;

/** One character by Unicode's simple case mapping, as Go maps: `ß` stays. */
function upper(char: string): string {
  const mapped = char.toUpperCase();
  return [...mapped].length === 1 ? mapped : char;
}

function lower(char: string): string {
  const mapped = char.toLowerCase();
  if ([...mapped].length === 1) return mapped;
  return char === '\u0130' ? 'i' : char;
}

function firstCase(value: string, change: (char: string) => string): string {
  const [first = ''] = value;
  return change(first) + value.slice(first.length);
}

function byteLength(value: string): number {
  return new TextEncoder().encode(value).length;
}

/** How many bytes of UTF-8 one character has. */
function charBytes(char: string): number {
  const point = char.codePointAt(0) ?? 0;
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}

/** Offset and length count bytes. A number that is none leaves the value as it is. */
function substring(value: string, [offsetText = '', lengthText]: readonly string[]): string {
  const bytes = new TextEncoder().encode(value);
  const offset = integer(offsetText);
  if (offset === undefined) return value;
  const start = offset < 0 ? Math.max(bytes.length + offset, 0) : offset;
  let end = bytes.length;
  if (lengthText !== undefined) {
    const length = integer(lengthText);
    if (length === undefined) return value;
    end = Math.min(start + length, bytes.length);
    if (end < start && start + length < bytes.length) throw new EnvsubstError(`bad substitution: length ${length}`);
  }
  return start < end ? new TextDecoder().decode(bytes.subarray(start, end)) : '';
}

function integer(text: string): number | undefined {
  return /^[-+]?\d{1,18}$/.test(text) ? Number(text) : undefined;
}

function replaceFirst(value: string, [pattern, replacement = '']: readonly string[]): string {
  return pattern === undefined ? value : value.replace(pattern, () => replacement);
}

function replaceAll(value: string, [pattern, replacement = '']: readonly string[]): string {
  if (pattern === undefined) return value;
  const times = pattern === '' ? value.length + 1 : value.split(pattern).length - 1;
  if (value.length + times * replacement.length > maxOutput)
    throw new EnvsubstError(`the result is longer than ${maxOutput} characters`);
  if (pattern === '') return replacement + [...value].map((char) => char + replacement).join('');
  return value.split(pattern).join(replacement);
}

function replaceSuffix(value: string, args: readonly string[]): string {
  const [pattern = '', replacement = ''] = args;
  if (args.length !== 2 || !value.endsWith(pattern)) return value;
  return value.slice(0, value.length - pattern.length) + replacement;
}

function trimShortest(value: string, pattern: string): string {
  return trimPrefix(value, pattern, 1);
}

function trimLongest(value: string, pattern: string): string {
  return trimPrefix(value, pattern, -1);
}

/**
 * Takes away the shortest (step 1) or longest (step -1) prefix, at least one byte, that the pattern matches. The
 * original cuts by bytes: the parts of a character that it cuts through are U+FFFD each.
 */
function trimPrefix(value: string, pattern: string, step: 1 | -1): string {
  const steps = compileGlob(pattern);
  const points = [...value];
  if (steps === undefined) return trimByTrial(points, pattern, step);
  if (steps.length * points.length > maxGlobWork) throw new EnvsubstError('the pattern and the value are too long');
  let found: Cut | undefined;
  let run = new GlobRun(steps);
  for (const [i, char] of points.entries()) {
    let broken = run;
    for (let part = 1; part < charBytes(char); part++) {
      broken = broken.after('\ufffd');
      if (broken.matches) found = { i, part };
      if (found !== undefined && step === 1) return without(points, found);
    }
    run = run.after(char);
    if (run.matches) found = { i: i + 1, part: 0 };
    if (found !== undefined && step === 1) break;
  }
  return found === undefined ? value : without(points, found);
}

/** A place in a text: behind `i` characters, and `part` bytes of the next one. */
interface Cut {
  readonly i: number;
  readonly part: number;
}

function without(points: readonly string[], { i, part }: Cut): string {
  if (part === 0) return points.slice(i).join('');
  return '\ufffd'.repeat(charBytes(points[i] ?? '') - part) + points.slice(i + 1).join('');
}

/** A pattern that is none may still match something short before that is found out: it is tried as the original does. */
function trimByTrial(points: readonly string[], pattern: string, step: 1 | -1): string {
  if (points.length > maxTrialLength) throw new EnvsubstError('the pattern is no pattern');
  const cuts = points.flatMap((char, i) => Array.from({ length: charBytes(char) }, (_, part): Cut => ({ i, part })));
  cuts.push({ i: points.length, part: 0 });
  cuts.shift();
  if (step === -1) cuts.reverse();
  try {
    for (const cut of cuts) {
      if (globMatch(pattern, points.slice(0, cut.i).join('') + '\ufffd'.repeat(cut.part))) return without(points, cut);
    }
  } catch (error) {
    if (!(error instanceof BadPattern)) throw error;
  }
  return points.join('');
}

function reverse(text: string): string {
  return [...text].reverse().join('');
}
