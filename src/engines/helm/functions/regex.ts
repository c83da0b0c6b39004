import type { RE2JS } from 're2js';
// By its name: it is large, and most charts do without (tools/link.ts).
import * as re2 from 're2js';
import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { type GoSlice, type Meter, nilSlice } from '../../gotemplate/value/values.ts';
import { group, strings, text, whole } from './kit.ts';

/** Functions of regular expressions, which are RE2's: no pattern takes more than linear time (sprig, "Regular Expressions"). */
export const regexFunctions = group([
  [
    'regexMatch',
    '(string, string) bool',
    ([p, s], runtime) => orFalse(() => isMatch(compile(text(p)), text(s), runtime)),
  ],
  [
    'mustRegexMatch',
    '(string, string) (bool, error)',
    ([p, s], runtime) => isMatch(compile(text(p)), text(s), runtime),
  ],
  ['regexFind', '(string, string) string', ([p, s], runtime) => find(must(text(p)), text(s), runtime)],
  ['mustRegexFind', '(string, string) (string, error)', ([p, s], runtime) => find(compile(text(p)), text(s), runtime)],
  [
    'regexFindAll',
    '(string, string, int) []string',
    ([p, s, n], runtime) => findAll(must(text(p)), text(s), whole(n), runtime),
  ],
  [
    'mustRegexFindAll',
    '(string, string, int) ([]string, error)',
    ([p, s, n], runtime) => findAll(compile(text(p)), text(s), whole(n), runtime),
  ],
  [
    'regexReplaceAll',
    '(string, string, string) string',
    ([p, s, by], runtime) => replaceAll(must(text(p)), text(s), text(by), runtime),
  ],
  [
    'mustRegexReplaceAll',
    '(string, string, string) (string, error)',
    ([p, s, by], runtime) => replaceAll(compile(text(p)), text(s), text(by), runtime),
  ],
  [
    'regexReplaceAllLiteral',
    '(string, string, string) string',
    ([p, s, by], runtime) => replaceLiterally(must(text(p)), text(s), text(by), runtime),
  ],
  [
    'mustRegexReplaceAllLiteral',
    '(string, string, string) (string, error)',
    ([p, s, by], runtime) => replaceLiterally(compile(text(p)), text(s), text(by), runtime),
  ],
  [
    'regexSplit',
    '(string, string, int) []string',
    ([p, s, n], runtime) => split(must(text(p)), text(s), whole(n), runtime),
  ],
  [
    'mustRegexSplit',
    '(string, string, int) ([]string, error)',
    ([p, s, n], runtime) => split(compile(text(p)), text(s), whole(n), runtime),
  ],
  ['regexQuoteMeta', '(string) string', ([s]) => text(s).replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')],
]);

/** Patterns are few and used often. */
const MAX_COMPILED = 256;
const MAX_PATTERN = 65_536;
const compiled = new Map<string, RE2JS>();

/** A pattern ready for use. Throws FunctionError with Go's text. */
function compile(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  if (pattern.length > MAX_PATTERN)
    throw new FunctionError(`regular expression is longer than ${MAX_PATTERN} characters`);
  const made = make(pattern);
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(pattern, made);
  return made;
}

function make(pattern: string): RE2JS {
  try {
    return re2.RE2JS.compile(pattern);
  } catch (error) {
    if (!(error instanceof re2.RE2JSException)) throw error;
    throw new FunctionError(error.message);
  }
}

/** regexp.MustCompile: the panic quotes the pattern. */
function must(pattern: string): RE2JS {
  try {
    return compile(pattern);
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    const shown = pattern.includes('`') ? JSON.stringify(pattern) : `\`${pattern}\``;
    throw new FunctionError(`regexp: Compile(${shown}): ${error.message}`);
  }
}

function orFalse(match: () => boolean): boolean {
  try {
    return match();
  } catch (error) {
    if (error instanceof FunctionError) return false;
    throw error;
  }
}

/** Every instruction of the pattern may be tried at every character. */
function countSearch(pattern: RE2JS, subject: string, meter: Meter): void {
  meter.spend(pattern.programSize() * (subject.length + 1));
}

function isMatch(pattern: RE2JS, subject: string, meter: Meter): boolean {
  countSearch(pattern, subject, meter);
  return pattern.matcher(subject).find();
}

interface Match {
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (string | undefined)[];
  readonly named: (name: string) => string | undefined;
}

/** The matches that do not overlap; an empty one right behind a match does not count (regexp, allMatches). */
function* matches(pattern: RE2JS, subject: string, meter: Meter): Generator<Match> {
  countSearch(pattern, subject, meter);
  const matcher = pattern.matcher(subject);
  const names = pattern.namedGroups();
  let previousEnd = -1;
  for (let at = 0; at <= subject.length; ) {
    if (!matcher.find(at)) return;
    const start = matcher.start();
    const end = matcher.end();
    if (start !== end || start !== previousEnd) {
      const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? undefined);
      yield { start, end, groups, named: (name) => groups[Object.hasOwn(names, name) ? (names[name] ?? -1) : -1] };
    }
    previousEnd = end;
    at = start === end ? nextRune(subject, end) : end;
  }
}

function nextRune(subject: string, at: number): number {
  const code = subject.codePointAt(at);
  return at + (code !== undefined && code > 0xffff ? 2 : 1);
}

function find(pattern: RE2JS, subject: string, meter: Meter): string {
  const [first] = matches(pattern, subject, meter);
  return first?.groups[0] ?? '';
}

function findAll(pattern: RE2JS, subject: string, limit: number, meter: Meter): GoSlice {
  const found: string[] = [];
  if (limit !== 0)
    for (const { groups } of matches(pattern, subject, meter)) {
      found.push(groups[0] ?? '');
      if (found.length === limit) break;
    }
  return found.length === 0 ? nilSlice('[]string') : strings(found, meter);
}

function replaceWith(pattern: RE2JS, subject: string, by: (match: Match) => string, meter: Meter): string {
  let out = '';
  let last = 0;
  for (const match of matches(pattern, subject, meter)) {
    const replacement = by(match);
    meter.spend(replacement.length);
    out += subject.slice(last, match.start) + replacement;
    last = match.end;
  }
  return out + subject.slice(last);
}

function replaceLiterally(pattern: RE2JS, subject: string, by: string, meter: Meter): string {
  return replaceWith(pattern, subject, () => by, meter);
}

function replaceAll(pattern: RE2JS, subject: string, template: string, meter: Meter): string {
  return replaceWith(pattern, subject, (match) => expand(template, match), meter);
}

/** `$1`, `${1}`, `$name`, `$$` (regexp, Expand): the longest name counts, and one that is none is nothing. */
function expand(template: string, { groups, named }: Match): string {
  return template.replace(/\$(?:\$|\{([^}]*)\}|([\p{L}\p{Nd}_]+))/gu, (whole_, braced?: string, bare?: string) => {
    if (whole_ === '$$') return '$';
    const name = braced ?? bare ?? '';
    if (braced !== undefined && !/^[\p{L}\p{Nd}_]+$/u.test(braced)) return whole_;
    return (/^[0-9]+$/.test(name) ? groups[Number(name)] : named(name)) ?? '';
  });
}

/** regexp.Split. */
function split(pattern: RE2JS, subject: string, limit: number, meter: Meter): GoSlice {
  if (limit === 0) return nilSlice('[]string');
  if (pattern.pattern() !== '' && subject === '') return strings([''], meter);
  const parts: string[] = [];
  let begin = 0;
  let end = 0;
  for (const match of matches(pattern, subject, meter)) {
    if (limit > 0 && parts.length === limit - 1) break;
    end = match.start;
    if (match.end !== 0) parts.push(subject.slice(begin, end));
    begin = match.end;
  }
  if (end !== subject.length) parts.push(subject.slice(begin));
  return strings(parts, meter);
}
