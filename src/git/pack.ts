import { createHash } from 'node:crypto';
import { ByteCache } from './byte-cache.ts';
import { applyDelta, deltaResultSize } from './delta.ts';
import { GitError } from './errors.ts';
import { inflateAt } from './inflate.ts';
import type { GitLimits } from './limits.ts';
import type { ObjectStore } from './object-store.ts';
import { hashObject, type ObjectFormat, type ObjectType, oidBytes } from './oid.ts';
import { type PackEntry, readPackEntry } from './pack-entry.ts';
import { inSlices } from './time-slices.ts';

const headBytes = 12;
/** One byte of type and size, and the shortest zlib stream: what an announced count is held against. */
const smallestEntryBytes = 9;
const objectTypes = ['commit', 'tree', 'blob', 'tag'] as const;
const unresolved = 0xff;
const noBase = -1;
const hashedAtOnce = 4 * 1024 * 1024;

type PackLimits = Pick<
  GitLimits,
  'maxObjects' | 'maxObjectBytes' | 'maxInflatedBytes' | 'cacheBytes' | 'maxDeltaDepth'
>;

/**
 * The objects of one pack (gitformat-pack, versions 2 and 3), indexed from its bytes alone. Opening one verifies all of
 * it: the trailing digest, each entry's size, and the name of each object, which is the digest of its content. Objects
 * are inflated again when they are read, from one buffer.
 */
export class Pack implements ObjectStore {
  readonly format: ObjectFormat;
  readonly #bytes: Buffer;
  readonly #limits: PackLimits;
  readonly #cache: ByteCache;
  readonly #starts: Uint32Array;
  readonly #types: Uint8Array;
  readonly #sizes: Uint32Array;
  readonly #bases: Int32Array;
  readonly #depths: Uint16Array;
  readonly #indexes = new Map<string, number>();
  readonly #names: string[] = [];
  #work = 0;

  private constructor(bytes: Buffer, format: ObjectFormat, limits: PackLimits) {
    this.format = format;
    this.#bytes = bytes;
    this.#limits = limits;
    this.#cache = new ByteCache(limits.cacheBytes);
    const count = this.#checkHead();
    this.#starts = new Uint32Array(count);
    this.#types = new Uint8Array(count).fill(unresolved);
    this.#sizes = new Uint32Array(count);
    this.#bases = new Int32Array(count).fill(noBase);
    this.#depths = new Uint16Array(count);
  }

  /**
   * Indexes the pack, in slices of time. Throws `ProtocolError` when it is cut short, `CorruptData` when it is not what
   * it says, `TooLarge` at a limit, and what `pause` throws. A delta's base must be in the pack: thin packs are never
   * asked for.
   */
  static async open(bytes: Buffer, format: ObjectFormat, limits: PackLimits, pause = () => {}): Promise<Pack> {
    const pack = new Pack(bytes, format, limits);
    await inSlices(pack.#index(), () => {}, pause);
    return pack;
  }

  get packBytes(): number {
    return this.#bytes.length;
  }

  /** How many objects the pack holds. */
  get size(): number {
    return this.#indexes.size;
  }

  /** The names of all objects, in the order of the pack. */
  oids(): IterableIterator<string> {
    return this.#indexes.keys();
  }

  typeOf(oid: string): ObjectType | undefined {
    const index = this.#indexes.get(oid);
    return index === undefined ? undefined : objectTypes[this.#types[index] ?? unresolved];
  }

  sizeOf(oid: string): number | undefined {
    const index = this.#indexes.get(oid);
    return index === undefined ? undefined : this.#sizes[index];
  }

  get(oid: string): Buffer | undefined {
    const index = this.#indexes.get(oid);
    return index === undefined ? undefined : this.#contentOf(index);
  }

  #checkHead(): number {
    const bytes = this.#bytes;
    const digestStart = bytes.length - oidBytes(this.format);
    if (digestStart < headBytes || bytes.toString('latin1', 0, 4) !== 'PACK') {
      throw new GitError('ProtocolError', 'the server sent no pack');
    }
    const version = bytes.readUInt32BE(4);
    if (version !== 2 && version !== 3) {
      throw new GitError('ProtocolError', `unsupported pack version ${version}, expected 2 or 3`);
    }
    const count = bytes.readUInt32BE(8);
    if (count > this.#limits.maxObjects) {
      throw new GitError('TooLarge', `the pack has ${count} objects, more than ${this.#limits.maxObjects}`);
    }
    if (count * smallestEntryBytes > digestStart - headBytes) {
      throw new GitError('ProtocolError', `the pack announces ${count} objects in ${bytes.length} bytes`);
    }
    return count;
  }

  /** Yields now and then, where other work may have its turn. */
  *#index(): Generator<undefined> {
    yield* this.#checkDigest();
    const waiting = new Map<number | string, number[]>();
    yield* this.#scan(waiting);
    yield* this.#resolveWaiting(waiting);
    if (waiting.size > 0) {
      throw new GitError('CorruptData', 'the pack lacks the base of a delta');
    }
  }

  *#checkDigest(): Generator<undefined> {
    const end = this.#bytes.length - oidBytes(this.format);
    const hash = createHash(this.format);
    for (let at = 0; at < end; at += hashedAtOnce) {
      hash.update(this.#bytes.subarray(at, Math.min(end, at + hashedAtOnce)));
      yield;
    }
    if (!hash.digest().equals(this.#bytes.subarray(end))) {
      throw new GitError('ProtocolError', 'the pack is cut short or damaged: its digest does not match');
    }
  }

  /**
   * One pass over the bytes. A delta whose base is known by then is resolved at once, which is nearly all of them: Git
   * writes bases first. The others wait for their base, which is an entry by number or an object by name.
   */
  *#scan(waiting: Map<number | string, number[]>): Generator<undefined> {
    const end = this.#bytes.length - oidBytes(this.format);
    let at = headBytes;
    for (let index = 0; index < this.#starts.length; index++) {
      if (at >= end) {
        throw new GitError('CorruptData', 'the pack has fewer objects than it announces');
      }
      this.#starts[index] = at;
      const entry = readPackEntry(this.#bytes, at, this.format);
      this.#checkSize(entry.size);
      const { content, consumed } = inflateAt(this.#bytes, entry.dataStart, entry.size);
      this.#spend(entry.size);
      at = entry.dataStart + consumed;
      this.#place(index, entry, content, waiting);
      yield;
    }
    if (at !== end) {
      throw new GitError('CorruptData', 'the pack has bytes after its last object');
    }
  }

  #place(index: number, entry: PackEntry, content: Buffer, waiting: Map<number | string, number[]>): void {
    if (entry.type !== 'ofs-delta' && entry.type !== 'ref-delta') {
      this.#register(index, entry.type, content);
      return;
    }
    const base = this.#baseOf(index, entry);
    if (base !== undefined && this.#types[base] !== unresolved) {
      this.#resolve(index, base, content);
      return;
    }
    const key = base ?? entry.baseOid ?? '';
    const queue = waiting.get(key);
    if (queue === undefined) {
      waiting.set(key, [index]);
    } else {
      queue.push(index);
    }
  }

  #baseOf(index: number, entry: PackEntry): number | undefined {
    if (entry.baseOid !== undefined) {
      return this.#indexes.get(entry.baseOid);
    }
    const base = this.#entryAt(entry.baseOffset ?? 0, index);
    if (base === undefined) {
      throw new GitError('CorruptData', 'the base of a delta is not where it should be');
    }
    return base;
  }

  /** The entry that begins exactly at the offset, among those before `end`: the starts are sorted. */
  #entryAt(offset: number, end: number): number | undefined {
    let low = 0;
    let high = end - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const start = this.#starts[middle] ?? 0;
      if (start === offset) {
        return middle;
      }
      if (start < offset) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return undefined;
  }

  *#resolveWaiting(waiting: Map<number | string, number[]>): Generator<undefined> {
    const ready = [...waiting.keys()].flatMap((key) => {
      const index = typeof key === 'number' ? key : this.#indexes.get(key);
      return index === undefined || this.#types[index] === unresolved ? [] : [index];
    });
    for (let base = ready.pop(); base !== undefined; base = ready.pop()) {
      for (const key of [base, this.#names[base] ?? '']) {
        for (const index of waiting.get(key) ?? []) {
          const { dataStart, size } = readPackEntry(this.#bytes, this.#starts[index] ?? 0, this.format);
          this.#spend(size);
          this.#resolve(index, base, inflateAt(this.#bytes, dataStart, size).content);
          ready.push(index);
          yield;
        }
        waiting.delete(key);
      }
    }
  }

  #resolve(index: number, base: number, delta: Buffer): void {
    const depth = (this.#depths[base] ?? 0) + 1;
    if (depth > this.#limits.maxDeltaDepth) {
      throw new GitError('TooLarge', `a chain of deltas is longer than ${this.#limits.maxDeltaDepth}`);
    }
    const size = deltaResultSize(delta);
    this.#checkSize(size);
    this.#spend(size);
    const content = applyDelta(this.#contentOf(base), delta);
    this.#bases[index] = base;
    this.#depths[index] = depth;
    const type = objectTypes[this.#types[base] ?? unresolved];
    if (type === undefined) {
      throw new GitError('CorruptData', 'a delta has a base without a type');
    }
    this.#register(index, type, content);
  }

  #register(index: number, type: ObjectType, content: Buffer): void {
    const oid = hashObject(this.format, type, content);
    this.#types[index] = objectTypes.indexOf(type);
    this.#sizes[index] = content.length;
    this.#cache.add(index, content);
    if (!this.#indexes.has(oid)) {
      this.#indexes.set(oid, index);
    }
    this.#names[index] = oid;
  }

  /** The content of an entry: from the cache, or inflated, with the deltas from its nearest known base applied. */
  #contentOf(index: number): Buffer {
    const chain: number[] = [];
    let at = index;
    let content = this.#cache.get(at);
    while (content === undefined) {
      chain.push(at);
      const base = this.#bases[at] ?? noBase;
      if (base === noBase) {
        break;
      }
      at = base;
      content = this.#cache.get(at);
    }
    for (const entryIndex of chain.reverse()) {
      const { dataStart, size } = readPackEntry(this.#bytes, this.#starts[entryIndex] ?? 0, this.format);
      const data = inflateAt(this.#bytes, dataStart, size).content;
      const next = content === undefined ? data : applyDelta(content, data);
      this.#spend(size + (content === undefined ? 0 : next.length));
      content = next;
      this.#cache.add(entryIndex, next);
    }
    if (content === undefined) {
      throw new GitError('CorruptData', 'a delta has no base');
    }
    return content;
  }

  #checkSize(size: number): void {
    if (size > this.#limits.maxObjectBytes) {
      throw new GitError('TooLarge', `an object has ${size} bytes, more than ${this.#limits.maxObjectBytes}`);
    }
  }

  #spend(bytes: number): void {
    this.#work += bytes;
    if (this.#work > this.#limits.maxInflatedBytes) {
      throw new GitError('TooLarge', `the pack inflates to more than ${this.#limits.maxInflatedBytes} bytes`);
    }
  }
}
