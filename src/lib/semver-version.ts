/** A version as Masterminds/semver v3 reads one; the numbers go to 2^64. */
export interface Version {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  /** Without its `-`; empty when there is none. */
  readonly prerelease: string;
  /** As it was written. */
  readonly original: string;
}

const maxLength = 256;
const maxNumber = 2n ** 64n - 1n;
const looseVersion =
  /^v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?(-([0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*))?(\+([0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*))?$/;

/**
 * Reads a version as Masterminds' NewVersion does (version.go, coerceNewVersion, v3.5.0): `v` in front, missing parts
 * and leading zeroes are accepted. Undefined when it is none.
 */
export function parseLooseVersion(text: string): Version | undefined {
  const match = text.length > maxLength ? null : looseVersion.exec(text);
  if (match === null) {
    return undefined;
  }
  const [major, minor, patch] = [match[1], match[2]?.slice(1), match[3]?.slice(1)].map((part) => BigInt(part ?? 0));
  const prerelease = match[5] ?? '';
  if (major === undefined || minor === undefined || patch === undefined) {
    return undefined;
  }
  if (major > maxNumber || minor > maxNumber || patch > maxNumber || !isPrerelease(prerelease)) {
    return undefined;
  }
  return { major, minor, patch, prerelease, original: text };
}

/** Reads a tag as Flux does (fluxcd/pkg version.go, ParseVersion): a loose version that has all three parts. */
export function parseTagVersion(tag: string): Version | undefined {
  return tag.split('.').length < 3 ? undefined : parseLooseVersion(tag);
}

/** Numeric parts of a prerelease have no leading zero (version.go, validatePrerelease). */
function isPrerelease(text: string): boolean {
  return text === '' || text.split('.').every((part) => !/^0[0-9]+$/.test(part));
}

/** -1, 0 or 1. A prerelease is lower than its release; build metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  return (
    compare(a.major, b.major) ||
    compare(a.minor, b.minor) ||
    compare(a.patch, b.patch) ||
    comparePrereleases(a.prerelease, b.prerelease)
  );
}

/** -1, 0 or 1 of two prereleases, where none at all is the highest. */
function comparePrereleases(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  if (a === '' || b === '') {
    return a === '' ? 1 : -1;
  }
  return comparePrereleaseParts(a, b);
}

/** -1, 0 or 1 of two prereleases part by part; an empty one is the lowest (version.go, comparePrerelease). */
export function comparePrereleaseParts(a: string, b: string): number {
  const left = a.split('.');
  const right = b.split('.');
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const order = comparePart(left[index] ?? '', right[index] ?? '');
    if (order !== 0) {
      return order;
    }
  }
  return 0;
}

function comparePart(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  if (a === '' || b === '') {
    return a === '' ? -1 : 1;
  }
  const left = asNumber(a);
  const right = asNumber(b);
  if (left === undefined && right === undefined) {
    return a > b ? 1 : -1;
  }
  if (left === undefined || right === undefined) {
    return left === undefined ? 1 : -1;
  }
  return left > right ? 1 : -1;
}

function asNumber(text: string): bigint | undefined {
  if (!/^[0-9]+$/.test(text)) {
    return undefined;
  }
  const number = BigInt(text);
  return number > maxNumber ? undefined : number;
}

function compare(a: bigint, b: bigint): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
