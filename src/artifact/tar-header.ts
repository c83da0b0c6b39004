/** Size of a tar block in bytes; headers and file contents are padded to it. */
export const blockSize = 512;

/** The kinds of entries that are written. */
export type TarEntryType = 'file' | 'dir';

export interface TarHeader {
  /** Relative, with `/`, without a trailing one. */
  readonly name: string;
  readonly type: TarEntryType;
  /** Permission bits. */
  readonly mode: number;
  /** Bytes of content; 0 for directories. */
  readonly size: number;
}

/** The largest size that eleven octal digits can say. */
const maxOctalSize = 0o77777777777;

/**
 * The header blocks of one entry: ustar where the name fits, else preceded by a pax record, as Go's archive/tar
 * chooses. Owner, group and times are zero, so that equal content gives equal bytes (pkg/artifact/storage/archive.go,
 * sanitizeHeader).
 */
export function encodeTarHeader(header: TarHeader): Buffer {
  const name = Buffer.from(header.name);
  const split = splitName(name);
  const records = [
    ...(split === undefined ? [paxRecord('path', header.name)] : []),
    ...(header.size > maxOctalSize ? [paxRecord('size', String(header.size))] : []),
  ];
  const main = ustarBlock({
    prefix: split?.prefix ?? Buffer.alloc(0),
    name: split?.name ?? name.subarray(0, 100),
    mode: header.mode,
    size: header.size > maxOctalSize ? 0 : header.size,
    typeflag: header.type === 'dir' ? '5' : '0',
  });
  if (records.length === 0) return main;
  const body = Buffer.concat(records);
  const extended = ustarBlock({
    prefix: Buffer.alloc(0),
    name: Buffer.from('PaxHeaders.0'),
    mode: 0o644,
    size: body.length,
    typeflag: 'x',
  });
  return Buffer.concat([extended, body, padding(body.length), main]);
}

/** The zero bytes after `size` bytes of content. */
export function padding(size: number): Buffer {
  return Buffer.alloc((blockSize - (size % blockSize)) % blockSize);
}

interface Fields {
  readonly prefix: Buffer;
  readonly name: Buffer;
  readonly mode: number;
  readonly size: number;
  readonly typeflag: '0' | '5' | 'x';
}

function ustarBlock(fields: Fields): Buffer {
  const block = Buffer.alloc(blockSize);
  fields.name.copy(block, 0, 0, 100);
  writeOctal(block, 100, 8, fields.mode);
  writeOctal(block, 108, 8, 0);
  writeOctal(block, 116, 8, 0);
  writeOctal(block, 124, 12, fields.size);
  writeOctal(block, 136, 12, 0);
  block.write('        ', 148, 'latin1');
  block.write(fields.typeflag, 156, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  writeOctal(block, 329, 8, 0);
  writeOctal(block, 337, 8, 0);
  fields.prefix.copy(block, 345, 0, 155);
  const checksum = tarChecksum(block);
  block.write(`${checksum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1');
  return block;
}

/** The sum of a header's bytes, its own checksum field counted as blanks. */
export function tarChecksum(block: Uint8Array): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < blockSize; i++) {
    if (i < 148 || i >= 156) sum += block[i] ?? 0;
  }
  return sum;
}

function writeOctal(block: Buffer, at: number, length: number, value: number): void {
  block.write(`${value.toString(8).padStart(length - 1, '0')}\u0000`, at, 'latin1');
}

/** Name and prefix fields of a ustar header, or undefined when the name needs a pax record. */
function splitName(name: Buffer): { readonly prefix: Buffer; readonly name: Buffer } | undefined {
  if (name.some((byte) => byte >= 0x80)) return undefined;
  if (name.length <= 100) return { prefix: Buffer.alloc(0), name };
  const slash = name.lastIndexOf(0x2f, 155);
  if (slash <= 0 || name.length - slash - 1 > 100 || slash === name.length - 1) return undefined;
  return { prefix: name.subarray(0, slash), name: name.subarray(slash + 1) };
}

/** One `length key=value\n` record; the length counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(key) + Buffer.byteLength(value) + 3;
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}
