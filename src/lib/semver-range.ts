import { comparePrereleaseParts, compareVersions, parseLooseVersion, type Version } from './semver-version.ts';

/** A version range in the syntax of Masterminds/semver v3, which Flux uses everywhere. */
export interface SemverRange {
  /** Whether the version is in the range. A prerelease is so only where the range mentions one. */
  includes(version: Version): boolean;
}

/** One comparison of a range, such as `>=1.2.x`. */
interface Comparison {
  readonly operator: string;
  readonly bound: Version;
  /** Which part is a wildcard or missing; undefined when the bound is a full version. */
  readonly open?: 'all' | 'minor' | 'patch';
}

const version = String.raw`v?([0-9|xX*]+)(\.[0-9|xX*]+)?(\.[0-9|xX*]+)?(-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?`;
/** What Go's `\s` matches. */
const blanks = /[\t\n\f\r ]*/y;
const hyphenRange = new RegExp(
  `[\\t\\n\\f\\r ]*(${version})[\\t\\n\\f\\r ]+-[\\t\\n\\f\\r ]+(${version})[\\t\\n\\f\\r ]*`,
  'g',
);
const secondBound = 7;
const comparison = new RegExp(`(!=|>=|=>|<=|=<|~>|=|>|<|~|\\^|)[\\t\\n\\f\\r ]*(${version})`, 'y');

const maxLength = 512;
const maxGroups = 32;

/**
 * Reads a range as Masterminds' NewConstraint does (constraints.go, v3.5.0). Throws RangeError with its texts, such as
 * `improper constraint: "x y"`.
 */
export function parseSemverRange(text: string): SemverRange {
  if (new TextEncoder().encode(text).length > maxLength) {
    throw new RangeError(`constraint string is too long (max ${maxLength} bytes)`);
  }
  const groups = rewriteHyphens(text).split('||');
  if (groups.length > maxGroups) {
    throw new RangeError(`too many constraint groups (max ${maxGroups})`);
  }
  const alternatives = groups.map((group) => {
    const comparisons = parseGroup(group);
    return { comparisons, prereleases: comparisons.some(({ bound }) => bound.prerelease !== '') };
  });
  return {
    includes: (candidate) =>
      alternatives.some(
        ({ comparisons, prereleases }) =>
          (candidate.prerelease === '' || prereleases) &&
          comparisons.every((comparison) => holds(comparison, candidate)),
      ),
  };
}

/** `1.2 - 2.3` becomes `>= 1.2, <= 2.3 `. */
function rewriteHyphens(text: string): string {
  let result = text;
  for (const match of text.matchAll(hyphenRange)) {
    result = result.replace(match[0], () => `>= ${match[1]}, <= ${match[secondBound]} `);
  }
  return result;
}

/**
 * Comparisons separated by blanks, commas or both, all of which must hold. A loop instead of Masterminds' one pattern,
 * which takes exponential time in an engine that backtracks.
 */
function parseGroup(group: string): Comparison[] {
  const comparisons: RegExpExecArray[] = [];
  let at = skipBlanks(group, 0);
  do {
    comparison.lastIndex = at;
    const match = comparison.exec(group);
    if (match === null) {
      throw improper(group);
    }
    comparisons.push(match);
    const end = comparison.lastIndex;
    at = skipBlanks(group, end);
    if (group[at] === ',') {
      at = skipBlanks(group, at + 1);
      if (at === group.length) {
        throw improper(group);
      }
    } else if (at === end && at < group.length) {
      throw improper(group);
    }
  } while (at < group.length);
  return comparisons.map(parseComparison);
}

function skipBlanks(text: string, start: number): number {
  blanks.lastIndex = start;
  blanks.exec(text);
  return blanks.lastIndex;
}

function parseComparison(match: RegExpExecArray): Comparison {
  const [, operator = '', full = '', major = '', minor = '', patch = '', prerelease = ''] = match;
  if (isOpen(major)) {
    return { operator, bound: bound(`0.0.0${prerelease}`), open: 'all' };
  }
  if (isOpen(minor.slice(1))) {
    return { operator, bound: bound(`${major}.0.0${prerelease}`), open: 'minor' };
  }
  if (isOpen(patch.slice(1))) {
    return { operator, bound: bound(`${major}${minor}.0${prerelease}`), open: 'patch' };
  }
  return { operator, bound: bound(full) };
}

function isOpen(part: string): boolean {
  return part === '' || part === 'x' || part === 'X' || part === '*';
}

function bound(text: string): Version {
  const parsed = parseLooseVersion(text);
  if (parsed === undefined) {
    throw new RangeError('constraint parser error');
  }
  return parsed;
}

function holds(comparison: Comparison, candidate: Version): boolean {
  const { operator, bound: limit, open } = comparison;
  switch (operator) {
    case '!=':
      return differs(comparison, candidate);
    case '>':
      return isGreater(comparison, candidate);
    case '<':
      return compareVersions(candidate, limit) < 0;
    case '>=':
    case '=>':
      return compareVersions(candidate, limit) >= 0;
    case '<=':
    case '=<':
      return isAtMost(comparison, candidate);
    case '~':
    case '~>':
      return isTilde(comparison, candidate);
    case '^':
      return isCaret(comparison, candidate);
    default:
      return open === undefined ? compareVersions(candidate, limit) === 0 : isTilde(comparison, candidate);
  }
}

function differs({ bound: limit, open }: Comparison, candidate: Version): boolean {
  if (open === undefined) {
    return compareVersions(candidate, limit) !== 0;
  }
  if (limit.major !== candidate.major) {
    return true;
  }
  if (open === 'minor') {
    return false;
  }
  if (limit.minor !== candidate.minor) {
    return true;
  }
  if (open === 'patch') {
    return comparePrereleaseParts(candidate.prerelease, limit.prerelease) !== 0;
  }
  return limit.patch !== candidate.patch || compareVersions(candidate, limit) !== 0;
}

function isGreater({ bound: limit, open }: Comparison, candidate: Version): boolean {
  if (open === undefined || candidate.major !== limit.major) {
    return open === undefined ? compareVersions(candidate, limit) > 0 : candidate.major > limit.major;
  }
  if (open === 'minor') {
    return false;
  }
  return open === 'patch' ? candidate.minor > limit.minor : compareVersions(candidate, limit) > 0;
}

function isAtMost({ bound: limit, open }: Comparison, candidate: Version): boolean {
  if (open === undefined) {
    return compareVersions(candidate, limit) <= 0;
  }
  if (candidate.major !== limit.major) {
    return candidate.major < limit.major;
  }
  return candidate.minor <= limit.minor || open === 'minor';
}

/** `~1.2.3` is >=1.2.3 <1.3.0, `~1` is >=1.0.0 <2.0.0, `~0.0.0` and `~*` are everything. */
function isTilde({ bound: limit, open }: Comparison, candidate: Version): boolean {
  if (compareVersions(candidate, limit) < 0) {
    return false;
  }
  const zero = limit.major === 0n && limit.minor === 0n && limit.patch === 0n;
  if (zero && open !== 'minor' && open !== 'patch') {
    return true;
  }
  return candidate.major === limit.major && (candidate.minor === limit.minor || open === 'minor');
}

/** `^1.2.3` is >=1.2.3 <2.0.0, `^0.2.3` is >=0.2.3 <0.3.0, `^0.0.3` is 0.0.3. */
function isCaret({ bound: limit, open }: Comparison, candidate: Version): boolean {
  if (compareVersions(candidate, limit) < 0 || candidate.major !== limit.major) {
    return false;
  }
  if (limit.major > 0n || open === 'minor') {
    return true;
  }
  if (candidate.minor !== limit.minor) {
    return false;
  }
  return limit.minor > 0n || open === 'patch' || candidate.patch === limit.patch;
}

/** As Go's `%q` shows a text, nearly: what cannot be seen is escaped. */
function goQuoted(text: string): string {
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[\p{C}\p{Z}]/gu, (character) => (character === ' ' ? ' ' : escaped(character)));
}

function improper(text: string): RangeError {
  return new RangeError(`improper constraint: ${goQuoted(text)}`);
}
