import { ArtifactError } from './artifact-error.ts';
import { blockSize, tarChecksum } from './tar-header.ts';

export interface TarMember {
  /** As written in the archive: not yet known to be harmless. */
  readonly name: string;
  readonly type: 'file' | 'dir' | 'symlink' | 'hardlink' | 'other';
  readonly mode: number;
  readonly size: number;
}

/** What a {@link TarReader} tells, in the order of the archive. What these throw ends the reading. */
export interface TarHandler {
  member(member: TarMember): void;
  /** A piece of the content of the member named last. The bytes are only valid during the call. */
  content(bytes: Uint8Array): void;
  /** The content of the member named last is complete. */
  memberEnd(): void;
}

/** Extended headers and long names are held in memory; Go's archive/tar has the same bound (maxSpecialFileSize). */
const maxMetadataBytes = 1024 * 1024;

interface Pending {
  readonly member: TarMember;
  readonly kind: 'member' | 'pax' | 'longName' | 'skip';
  remaining: number;
  padding: number;
  readonly metadata: Uint8Array[];
}

/**
 * An incremental reader of tar (ustar, pax, GNU long names): bytes are pushed in, members come out. It holds at most
 * one block and one metadata record. Sparse members are refused. Throws {@link ArtifactError} `Corrupt`, or
 * `TooLarge` for oversized metadata.
 */
export class TarReader {
  readonly #handler: TarHandler;
  readonly #block = Buffer.alloc(blockSize);
  #filled = 0;
  #pending: Pending | undefined;
  #overrides: Map<string, string> = new Map();
  #ended = false;

  constructor(handler: TarHandler) {
    this.#handler = handler;
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && !this.#ended) {
      at += this.#pending === undefined ? this.#takeHeader(bytes, at) : this.#takeBody(this.#pending, bytes, at);
    }
  }

  /** There are no more bytes. Throws when they stop within a member. */
  end(): void {
    if (!this.#ended && (this.#pending !== undefined || this.#filled > 0)) {
      throw new ArtifactError('Corrupt', 'the tar archive is cut short');
    }
  }

  #takeHeader(bytes: Uint8Array, at: number): number {
    const taken = Math.min(blockSize - this.#filled, bytes.length - at);
    this.#block.set(bytes.subarray(at, at + taken), this.#filled);
    this.#filled += taken;
    if (this.#filled === blockSize) {
      this.#filled = 0;
      if (this.#block.every((byte) => byte === 0)) this.#ended = true;
      else this.#begin(this.#readHeader());
    }
    return taken;
  }

  #readHeader(): Pending {
    const block = this.#block;
    if (readNumber(block, 148, 8) !== tarChecksum(block)) {
      throw new ArtifactError('Corrupt', 'the tar archive has a header with a wrong checksum');
    }
    const typeflag = String.fromCharCode(block[156] ?? 0);
    const size = Number(this.#overrides.get('size') ?? readNumber(block, 124, 12));
    if (!Number.isSafeInteger(size) || size < 0)
      throw new ArtifactError('Corrupt', 'the tar archive has a member of impossible size');
    const type = memberTypes[typeflag] ?? 'other';
    const hasBody = type === 'file' || type === 'other';
    const member: TarMember = {
      name: this.#overrides.get('path') ?? headerName(block),
      type: type === 'file' && headerName(block).endsWith('/') && typeflag !== '0' ? 'dir' : type,
      mode: readNumber(block, 100, 8) & 0o7777,
      size: hasBody ? size : 0,
    };
    return {
      member,
      kind: metadataKinds[typeflag] ?? 'member',
      remaining: member.size,
      padding: (blockSize - (member.size % blockSize)) % blockSize,
      metadata: [],
    };
  }

  #begin(pending: Pending): void {
    if (pending.kind === 'pax' || pending.kind === 'longName') {
      if (pending.remaining > maxMetadataBytes) {
        throw new ArtifactError('TooLarge', 'the tar archive has an extended header of more than 1 MiB');
      }
    } else if (pending.kind === 'member') {
      this.#overrides = new Map();
      this.#handler.member(pending.member);
    }
    this.#pending = pending;
    this.#finishWhenRead(pending);
  }

  #takeBody(pending: Pending, bytes: Uint8Array, at: number): number {
    const taken = Math.min(pending.remaining, bytes.length - at);
    if (taken > 0) {
      pending.remaining -= taken;
      const piece = bytes.subarray(at, at + taken);
      if (pending.kind === 'member') this.#handler.content(piece);
      else if (pending.kind !== 'skip') pending.metadata.push(Uint8Array.from(piece));
    }
    const skipped = pending.remaining === 0 ? Math.min(pending.padding, bytes.length - at - taken) : 0;
    pending.padding -= skipped;
    this.#finishWhenRead(pending);
    return taken + skipped;
  }

  #finishWhenRead(pending: Pending): void {
    if (pending.remaining > 0 || pending.padding > 0) return;
    this.#pending = undefined;
    if (pending.kind === 'pax') this.#applyPax(Buffer.concat(pending.metadata));
    else if (pending.kind === 'longName') this.#overrides.set('path', untilNul(Buffer.concat(pending.metadata)));
    else if (pending.kind === 'member') this.#handler.memberEnd();
  }

  #applyPax(body: Buffer): void {
    let at = 0;
    while (at < body.length) {
      const blank = body.indexOf(0x20, at);
      const length = blank < 0 ? Number.NaN : Number(body.toString('latin1', at, blank));
      const record = body.toString('utf8', blank + 1, at + length - 1);
      const equals = record.indexOf('=');
      if (!Number.isInteger(length) || length < 5 || at + length > body.length || equals < 1) {
        throw new ArtifactError('Corrupt', 'the tar archive has a malformed extended header');
      }
      const key = record.slice(0, equals);
      if (key.startsWith('GNU.sparse.')) throw new ArtifactError('Refused', 'the tar archive has a sparse member');
      if (key === 'path' || key === 'size') this.#overrides.set(key, record.slice(equals + 1));
      at += length;
    }
  }
}

const memberTypes: Readonly<Record<string, TarMember['type']>> = {
  '0': 'file',
  '\u0000': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'dir',
};

/** Members that only describe others. `g` and `K` say nothing that is used here. */
const metadataKinds: Readonly<Record<string, Pending['kind']>> = { x: 'pax', L: 'longName', g: 'skip', K: 'skip' };

function headerName(block: Buffer): string {
  const name = untilNul(block.subarray(0, 100));
  const isUstar = block.toString('latin1', 257, 263) === 'ustar\u0000';
  const prefix = isUstar ? untilNul(block.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function untilNul(bytes: Buffer): string {
  const nul = bytes.indexOf(0);
  return bytes.toString('utf8', 0, nul < 0 ? bytes.length : nul);
}

/** An octal field, or GNU's base-256 where the first bit is set. NaN when it is neither. */
function readNumber(block: Buffer, at: number, length: number): number {
  if (((block[at] ?? 0) & 0x80) !== 0) {
    let value = (block[at] ?? 0) & 0x7f;
    for (let i = at + 1; i < at + length; i++) value = value * 256 + (block[i] ?? 0);
    return value;
  }
  const digits = untilNul(block.subarray(at, at + length)).trim();
  return digits === '' ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}
