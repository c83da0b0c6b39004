import { GitError } from './errors.ts';
import { type ObjectFormat, type ObjectType, oidBytes } from './oid.ts';

/** The kinds of pack entries by their number (gitformat-pack, "Object types"); 0 and 5 do not exist. */
const types: readonly (ObjectType | 'ofs-delta' | 'ref-delta' | undefined)[] = [
  undefined,
  'commit',
  'tree',
  'blob',
  'tag',
  undefined,
  'ofs-delta',
  'ref-delta',
];

/** The head of one entry of a pack. */
export interface PackEntry {
  readonly type: ObjectType | 'ofs-delta' | 'ref-delta';
  /** Inflated size in bytes: of the object, or of the delta. */
  readonly size: number;
  /** Where the deflated data begins. */
  readonly dataStart: number;
  /** Where the base of an `ofs-delta` begins. */
  readonly baseOffset?: number;
  /** The name of the base of a `ref-delta`. */
  readonly baseOid?: string;
}

/** Reads the head of the entry at `start`. Throws `CorruptData` when it is none. */
export function readPackEntry(pack: Buffer, start: number, format: ObjectFormat): PackEntry {
  let at = start;
  let byte = pack[at++] ?? 0;
  const type = types[(byte >> 4) & 7];
  let size = byte & 0x0f;
  let scale = 16;
  while (byte >= 0x80) {
    if (at >= pack.length || scale > 2 ** 46) {
      throw new GitError('CorruptData', 'a pack entry has an invalid size');
    }
    byte = pack[at++] ?? 0;
    size += (byte & 0x7f) * scale;
    scale *= 128;
  }
  if (type === undefined) {
    throw new GitError('CorruptData', `a pack entry has the unknown type ${((pack[start] ?? 0) >> 4) & 7}`);
  }
  if (type === 'ofs-delta') {
    const base = readBaseDistance(pack, at);
    return { type, size, dataStart: base.next, baseOffset: start - base.distance };
  }
  if (type === 'ref-delta') {
    const dataStart = at + oidBytes(format);
    return { type, size, dataStart, baseOid: pack.toString('hex', at, dataStart) };
  }
  return { type, size, dataStart: at };
}

/** How far before this entry its base begins: big-endian base 128, where each further byte also adds one. */
function readBaseDistance(pack: Buffer, start: number): { distance: number; next: number } {
  let at = start;
  let byte = pack[at++] ?? 0;
  let distance = byte & 0x7f;
  while (byte >= 0x80) {
    if (at >= pack.length || distance > 2 ** 40) {
      throw new GitError('CorruptData', 'a pack entry has an invalid base offset');
    }
    byte = pack[at++] ?? 0;
    distance = (distance + 1) * 128 + (byte & 0x7f);
  }
  return { distance, next: at };
}
