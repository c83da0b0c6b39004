import { sha256Hex } from '../../../lib/hash.ts';

/** The most that Helm allows. */
const MAX_LENGTH = 53;
const HASH_LENGTH = 12;

/** A name that Helm takes: a longer one is cut, and ends with a part of its checksum (helm-controller ShortenName). */
export function shortReleaseName(name: string): string {
  if (name.length <= MAX_LENGTH) return name;
  return `${name.slice(0, MAX_LENGTH - HASH_LENGTH - 1)}-${sha256Hex(name).slice(0, HASH_LENGTH)}`;
}
