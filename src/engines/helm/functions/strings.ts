import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { printPlain } from '../../gotemplate/fmt/print-value.ts';
import { sprintf } from '../../gotemplate/fmt/printf.ts';
import { quote } from '../../gotemplate/parse/quote.ts';
import { byteLength, sliceBytes, toBytes } from '../../gotemplate/value/go-text.ts';
import { GoMap, type Value } from '../../gotemplate/value/values.ts';
import { group, isNil, strings, text, whole } from './kit.ts';
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
  ['upper', '(string) string', ([s]) => toUpper(text(s))],
  ['lower', '(string) string', ([s]) => toLower(text(s))],
  ['title', '(string) string', ([s]) => toTitle(text(s))],
  ['untitle', '(string) string', ([s]) => uncapitalize(text(s))],
  ['swapcase', '(string) string', ([s]) => swapCase(text(s))],
  ['snakecase', '(string) string', ([s]) => connectWords(text(s), '_')],
  ['kebabcase', '(string) string', ([s]) => connectWords(text(s), '-')],
  ['camelcase', '(string) string', ([s]) => pascalCase(text(s))],
  ['nospace', '(string) string', ([s]) => deleteSpace(text(s))],
  ['initials', '(string) string', ([s]) => initials(text(s))],
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
  ['wrap', '(int, string) string', ([width, s]) => wrap(text(s), whole(width), '', false)],
  ['wrapWith', '(int, string, string) string', ([width, by, s]) => wrap(text(s), whole(width), text(by), true)],
  ['contains', '(string, string) bool', ([part, s]) => text(s).includes(text(part))],
  ['hasPrefix', '(string, string) bool', ([start, s]) => text(s).startsWith(text(start))],
  ['hasSuffix', '(string, string) bool', ([end, s]) => text(s).endsWith(text(end))],
  [
    'quote',
    '(...any) string',
    (args) =>
      present(args)
        .map((arg) => quote(strval(arg)))
        .join(' '),
  ],
  [
    'squote',
    '(...any) string',
    (args) =>
      present(args)
        .map((arg) => `'${printPlain(arg)}'`)
        .join(' '),
  ],
  ['cat', '(...any) string', (args) => cat(args)],
  [
    'indent',
    '(int, string) string',
    ([spaces, s], runtime) => {
      runtime.spend(text(s).length);
      return indent(whole(spaces), text(s));
    },
  ],
  [
    'nindent',
    '(int, string) string',
    ([spaces, s], runtime) => {
      runtime.spend(text(s).length);
      return `\n${indent(whole(spaces), text(s))}`;
    },
  ],
  [
    'replace',
    '(string, string, string) string',
    ([old, by, s], runtime) => {
      const replaced = replaceAll(text(s), text(old), text(by));
      runtime.spend(replaced.length);
      return replaced;
    },
  ],
  ['plural', '(string, string, int) string', ([one, many, count]) => (whole(count) === 1 ? text(one) : text(many))],
  ['toString', '(any) string', ([value]) => strval(value)],
  ['toStrings', '(any) []string', ([value]) => strings(strslice(value))],
  [
    'join',
    '(string, any) string',
    ([by, list], runtime) => {
      const joined = strslice(list).join(text(by));
      runtime.spend(joined.length);
      return joined;
    },
  ],
  ['split', '(string, string) map[string]string', ([by, s]) => numbered(splitText(text(s), text(by)))],
  ['splitn', '(string, int, string) map[string]string', ([by, n, s]) => numbered(splitN(text(s), text(by), whole(n)))],
  ['splitList', '(string, string) []string', ([by, s]) => strings(splitText(text(s), text(by)))],
]);

function present(args: readonly Value[]): readonly Value[] {
  return args.filter((arg) => !isNil(arg));
}

/** strings.TrimSpace. */
export function trimSpace(value: string): string {
  const characters = [...value];
  const isOther = (character: string): boolean => !isSpace(character);
  const start = characters.findIndex(isOther);
  return start < 0 ? '' : characters.slice(start, characters.findLastIndex(isOther) + 1).join('');
}

function trimSet(value: string, set: string): string {
  const cut = new Set(set);
  const characters = [...value];
  const isOther = (character: string): boolean => !cut.has(character);
  const start = characters.findIndex(isOther);
  return start < 0 ? '' : characters.slice(start, characters.findLastIndex(isOther) + 1).join('');
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
function cat(args: readonly Value[]): string {
  const values = present(args);
  return sprintf(
    values
      .map(() => '%v')
      .join(' ')
      .trim(),
    values,
  );
}

function indent(spaces: number, value: string): string {
  if (spaces < 0) throw new FunctionError('strings: negative Repeat count');
  const pad = ' '.repeat(spaces);
  return pad + value.replaceAll('\n', `\n${pad}`);
}

/** strings.ReplaceAll: an empty text is found before every character and at the end. */
function replaceAll(value: string, old: string, by: string): string {
  if (old !== '') return value.replaceAll(old, () => by);
  return `${by}${[...value].map((character) => character + by).join('')}`;
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

function numbered(parts: readonly string[]): GoMap {
  return new GoMap(new Map(parts.map((part, index) => [`_${index}`, part])), 'map[string]string');
}
