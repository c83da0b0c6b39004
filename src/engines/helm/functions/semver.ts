import { parseSemverRange } from '../../../lib/semver-range.ts';
import { compareVersions, parseLooseVersion, type Version } from '../../../lib/semver-version.ts';
import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { goFunction } from '../../gotemplate/value/signature.ts';
import { GoInt, GoStruct, type MethodSet, type Value } from '../../gotemplate/value/values.ts';
import { group, text } from './kit.ts';

/** Functions of versions (sprig, "Semantic Version Functions"). */
export const semverFunctions = group([
  ['semver', '(string) (*semver.Version, error)', ([version]) => new VersionValue(parsed(text(version)))],
  [
    'semverCompare',
    '(string, string) (bool, error)',
    ([constraint, version]) => {
      const range = rangeOf(text(constraint));
      return range.includes(parsed(text(version)));
    },
  ],
]);

/** Masterminds semver v3.5, MaxVersionLen and MaxConstraintLen. */
const MAX_VERSION = 256;
const MAX_CONSTRAINT = 512;

function parsed(version: string): Version {
  if (version.length > MAX_VERSION) throw new FunctionError(`version string is too long (max ${MAX_VERSION} bytes)`);
  const found = parseLooseVersion(version);
  if (found === undefined) throw new FunctionError('invalid semantic version');
  return found;
}

function rangeOf(constraint: string) {
  if (constraint.length > MAX_CONSTRAINT)
    throw new FunctionError(`constraint string is too long (max ${MAX_CONSTRAINT} bytes)`);
  try {
    return parseSemverRange(constraint);
  } catch (error) {
    throw error instanceof RangeError ? new FunctionError(error.message) : error;
  }
}

/** What stands behind the plus. */
function metadataOf({ original }: Version): string {
  const plus = original.indexOf('+');
  return plus < 0 ? '' : original.slice(plus + 1);
}

/** All three parts, without the `v`. */
function formatVersion(version: Version): string {
  const { major, minor, patch, prerelease } = version;
  const metadata = metadataOf(version);
  return `${major}.${minor}.${patch}${prerelease === '' ? '' : `-${prerelease}`}${metadata === '' ? '' : `+${metadata}`}`;
}

class VersionValue extends GoStruct {
  readonly version: Version;

  constructor(version: Version) {
    super('*semver.Version', new Map(), {
      methods,
      text: () => formatVersion(version),
      marshal: () => formatVersion(version),
    });
    this.version = version;
  }
}

function of(value: Value): Version {
  if (value instanceof VersionValue) return value.version;
  throw new Error('a method of a version on something else');
}

const uint64 = (value: bigint): GoInt => new GoInt('uint64', value);

function getter(type: string, read: (version: Version) => Value): (receiver: Value) => ReturnType<typeof goFunction> {
  return (receiver) => goFunction(`() ${type}`, () => read(of(receiver)));
}

function comparison(type: string, holds: (order: number) => Value) {
  return (receiver: Value) =>
    goFunction(`(*semver.Version) ${type}`, ([other]) => holds(compareVersions(of(receiver), of(other))));
}

const methods: MethodSet = new Map([
  ['Major', getter('uint64', ({ major }) => uint64(major))],
  ['Minor', getter('uint64', ({ minor }) => uint64(minor))],
  ['Patch', getter('uint64', ({ patch }) => uint64(patch))],
  ['Prerelease', getter('string', ({ prerelease }) => prerelease)],
  ['Metadata', getter('string', metadataOf)],
  ['Original', getter('string', ({ original }) => original)],
  ['String', getter('string', formatVersion)],
  ['Compare', comparison('int', (order) => new GoInt('int', BigInt(Math.sign(order))))],
  ['Equal', comparison('bool', (order) => order === 0)],
  ['GreaterThan', comparison('bool', (order) => order > 0)],
  ['GreaterThanEqual', comparison('bool', (order) => order >= 0)],
  ['LessThan', comparison('bool', (order) => order < 0)],
  ['LessThanEqual', comparison('bool', (order) => order <= 0)],
  ['IncMajor', bumped(({ major }) => ({ major: major + 1n, minor: 0n, patch: 0n }))],
  ['IncMinor', bumped(({ major, minor }) => ({ major, minor: minor + 1n, patch: 0n }))],
  [
    'IncPatch',
    bumped(({ major, minor, patch, prerelease }) => ({ major, minor, patch: prerelease === '' ? patch + 1n : patch })),
  ],
]);

function bumped(bump: (version: Version) => Pick<Version, 'major' | 'minor' | 'patch'>) {
  return (receiver: Value) =>
    goFunction('() semver.Version', () => {
      const before = of(receiver);
      const next = { ...bump(before), prerelease: '', original: '' };
      const prefix = before.original.startsWith('v') ? 'v' : '';
      return new VersionValue({ ...next, original: `${prefix}${formatVersion(next)}` });
    });
}
