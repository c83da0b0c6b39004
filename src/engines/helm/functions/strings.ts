import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { printPlain } from '../../gotemplate/fmt/print-value.ts';
import { sprintf } from '../../gotemplate/fmt/printf.ts';
import { quote } from '../../gotemplate/parse/quote.ts';
import { byteLength, sliceBytes, toBytes } from '../../gotemplate/value/go-text.ts';
import { GoMap, type Meter, type Value } from '../../gotemplate/value/values.ts';
import { characters, group, isNil, strings, text, whole } from './kit.ts';
import { isSpace, swapCase, toLower, toTitle, toUpper, uncapitalize } from './letter-case.ts';
import { strslice, strval } from './strval.ts';
import { connectWords, pascalCase } from './word-case.ts';
import { abbreviate, wrap } from './wrap.ts';

/** Functions of text (sprig, "String Functions"). */
export const stringFunctions = group([
  ['hello', '() string', () => 'Hello!'],
  ['trim', '(string) string', ([s]) => trimSpace(text(s))],
  ['trimAll trimall', '(string, string) string', ([cut, s]) => trimSet(text(s), text(cut))],
  ['trimSuffix', '(string, string) string', ([end, s]) => trimSuffix(text(s), text(end))],
  ['trimPrefix', '(string, string) string', ([start, s]) => trimPrefix(text(s), text(start))],
  ['upper', '(string) string', ([s], runtime) => toUpper(characters(s, runtime))],
  ['lower', '(string) string', ([s], runtime) => toLower(characters(s, runtime))],
  ['title', '(string) string', ([s], runtime) => toTitle(characters(s, runtime))],
  ['untitle', '(string) string', ([s], runtime) => uncapitalize(characters(s, runtime))],
  ['swapcase', '(string) string', ([s], runtime) => swapCase(characters(s, runtime))],
  ['snakecase', '(string) string', ([s], runtime) => connectWords(characters(s, runtime), '_')],
  ['kebabcase', '(string) string', ([s], runtime) => connectWords(characters(s, runtime), '-')],
  ['camelcase', '(string) string', ([s], runtime) => pascalCase(characters(s, runtime))],
  ['nospace', '(string) string', ([s], runtime) => deleteSpace(characters(s, runtime))],
  ['initials', '(string) string', ([s], runtime) => initials(characters(s, runtime))],
  [
    'repeat',
    '(int, string) string',
    ([count, s], runtime) => {
      if (whole(count) < 0) throw new FunctionError('strings: negative Repeat count');
      runtime.spend(whole(count) * text(s).length);
      return text(s).repeat(whole(count));
    },
  ],
  ['substr', '(int, int, string) string', ([start, end, s]) => substring(whole(start), whole(end), text(s))],
  ['trunc', '(int, string) string', ([count, s]) => truncate(whole(count), text(s))],
  [
    'abbrev',
    '(int, string) string',
    ([width, s]) => (whole(width) < 4 ? text(s) : abbreviate(text(s), 0, whole(width))),
  ],
  ['abbrevboth', '(int, int, string) string', ([left, right, s]) => abbrevBoth(whole(left), whole(right), text(s))],
  [
    'wrap',
    '(int, string) string',
    ([width, s], runtime) => wrap(characters(s, runtime), whole(width), '', false, runtime),
  ],
  [
    'wrapWith',
    '(int, string, string) string',
    ([width, by, s], runtime) => wrap(characters(s, runtime), whole(width), text(by), true, runtime),
  ],
  ['contains', '(string, string) bool', ([part, s]) => text(s).includes(text(part))],
  ['hasPrefix', '(string, string) bool', ([start, s]) => text(s).startsWith(text(start))],
  ['hasSuffix', '(string, string) bool', ([end, s]) => text(s).endsWith(text(end))],
  [
    'quote',
    '(...any) string',
    (args, runtime) =>
      present(args)
        .map((arg) => quote(characters(strval(arg, runtime), runtime)))
        .join(' '),
  ],
  [
    'squote',
    '(...any) string',
    (args, runtime) =>
      present(args)
        .map((arg) => `'${printPlain(arg, runtime)}'`)
        .join(' '),
  ],
  ['cat', '(...any) string', cat],
  ['indent', '(int, string) string', ([spaces, s], runtime) => indent(whole(spaces), text(s), runtime)],
  ['nindent', '(int, string) string', ([spaces, s], runtime) => `\n${indent(whole(spaces), text(s), runtime)}`],
  [
    'replace',
    '(string, string, string) string',
    ([old, by, s], runtime) => replaceAll(text(s), text(old), text(by), runtime),
  ],
  ['plural', '(string, string, int) string', ([one, many, count]) => (whole(count) === 1 ? text(one) : text(many))],
  ['toString', '(any) string', ([value], runtime) => strval(value, runtime)],
  ['toStrings', '(any) []string', ([value], runtime) => strings(strslice(value, runtime), runtime)],
  ['join', '(string, any) string', ([by, list], runtime) => joined(strslice(list, runtime), text(by), runtime)],
  [
    'split',
    '(string, string) map[string]string',
    ([by, s], runtime) => numbered(splitText(text(s), text(by)), runtime),
  ],
  [
    'splitn',
    '(string, int, string) map[string]string',
    ([by, n, s], runtime) => numbered(splitN(text(s), text(by), whole(n)), runtime),
  ],
  ['splitList', '(string, string) []string', ([by, s], runtime) => strings(splitText(text(s), text(by)), runtime)],
]);

function present(args: readonly Value[]): readonly Value[] {
  return args.filter((arg) => !isNil(arg));
}

/** strings.TrimSpace. */
export function trimSpace(value: string): string {
  return trimBoth(value, isSpace);
}

function trimSet(value: string, set: string): string {
  const cut = new Set(set);
  return trimBoth(value, (character) => cut.has(character));
}

/** Without the characters at both ends for which `isCut` holds. */
function trimBoth(value: string, isCut: (character: string) => boolean): string {
  let start = 0;
  let end = value.length;
  for (let first = runeAt(value, start); start < end && isCut(first); first = runeAt(value, start))
    start += first.length;
  for (let last = runeBefore(value, end); end > start && isCut(last); last = runeBefore(value, end)) end -= last.length;
  return value.slice(start, end);
}

function runeAt(value: string, at: number): string {
  return String.fromCodePoint(value.codePointAt(at) ?? 0);
}

function runeBefore(value: string, end: number): string {
  const last = value.charCodeAt(end - 1);
  const isPair = last >= 0xdc00 && last < 0xe000 && (value.codePointAt(end - 2) ?? 0) > 0xffff;
  return value.slice(end - (isPair ? 2 : 1), end);
}

function trimSuffix(value: string, end: string): string {
  return end !== '' && value.endsWith(end) ? value.slice(0, -end.length) : value;
}

function trimPrefix(value: string, start: string): string {
  return value.startsWith(start) ? value.slice(start.length) : value;
}

/** goutils looks at bytes: what is not ASCII falls apart as soon as a space is taken out. */
function deleteSpace(value: string): string {
  const bytes = [...toBytes(value)].map((byte) => String.fromCharCode(byte));
  const kept = bytes.filter((byte) => !isSpace(byte));
  return kept.length === bytes.length ? value : kept.join('');
}

function initials(value: string): string {
  let out = '';
  let isGap = true;
  for (const byte of toBytes(value)) {
    const character = String.fromCharCode(byte);
    if (isSpace(character)) isGap = true;
    else if (isGap) {
      out += character;
      isGap = false;
    }
  }
  return out;
}

function substring(start: number, end: number, value: string): string {
  const length = byteLength(value);
  const to = start >= 0 && (end < 0 || end > length) ? length : end;
  const from = Math.max(start, 0);
  if (to > length || to < 0) throw outOfRange(`[:${to}]`, to < 0 ? '' : ` with length ${length}`);
  if (from > to)
    throw to === length && (end < 0 || end > length)
      ? outOfRange(`[${from}:${length}]`, '')
      : outOfRange(`[${from}:${to}]`, '');
  return sliceBytes(value, from, to);
}

function outOfRange(bounds: string, more: string): FunctionError {
  return new FunctionError(`runtime error: slice bounds out of range ${bounds}${more}`);
}

function truncate(count: number, value: string): string {
  const length = byteLength(value);
  if (count < 0) return length + count > 0 ? sliceBytes(value, length + count, length) : value;
  return length > count ? sliceBytes(value, 0, count) : value;
}

function abbrevBoth(left: number, right: number, value: string): string {
  return right < 4 || (left > 0 && right < 7) ? value : abbreviate(value, left, right);
}

/** fmt.Sprintf of as many `%v`: what is printed is not trimmed. */
function cat(args: readonly Value[], meter: Meter): string {
  const values = present(args);
  return sprintf(
    values
      .map(() => '%v')
      .join(' ')
      .trim(),
    values,
    meter,
  );
}

function indent(spaces: number, value: string, meter: Meter): string {
  if (spaces < 0) throw new FunctionError('strings: negative Repeat count');
  let lines = 1;
  for (let at = value.indexOf('\n'); at >= 0; at = value.indexOf('\n', at + 1)) lines++;
  meter.spend(lines * spaces);
  const pad = ' '.repeat(spaces);
  return pad + value.replaceAll('\n', `\n${pad}`);
}

function joined(parts: readonly string[], by: string, meter: Meter): string {
  meter.spend(parts.length * by.length);
  return parts.join(by);
}

/** strings.ReplaceAll: an empty text is found before every character and at the end. */
function replaceAll(value: string, old: string, by: string, meter: Meter): string {
  if (old !== '') return value.includes(old) ? joined(value.split(old), by, meter) : value;
  return joined(['', ...value, ''], by, meter);
}

function splitText(value: string, by: string): string[] {
  if (by === '') return [...value];
  return value.split(by);
}

/** strings.SplitN. */
export function splitN(value: string, by: string, count: number): string[] {
  if (count === 0) return [];
  const parts = splitText(value, by);
  if (count < 0 || parts.length <= count) return parts;
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(by)];
}

function numbered(parts: readonly string[], meter: Meter): GoMap {
  meter.spend(parts.length * 32);
  return new GoMap(new Map(parts.map((part, index) => [`_${index}`, part])), 'map[string]string');
}
