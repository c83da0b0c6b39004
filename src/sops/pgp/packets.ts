import { ByteReader } from './byte-reader.ts';
import { PgpError } from './pgp-error.ts';

/** The packets that are looked at (RFC 9580, 5). */
export const TAG = {
  sessionKey: 1,
  secretKey: 5,
  secretSubkey: 7,
  compressed: 8,
  unprotected: 9,
  literal: 11,
  sealed: 18,
  /** GnuPG's own, which never became part of the standard. */
  ocb: 20,
} as const;

export interface Packet {
  readonly tag: number;
  readonly body: Uint8Array;
}

/** Keys and messages with data keys are small; nobody needs more. */
const maxPackets = 1000;

/** All packets of a byte string. Throws {@link PgpError}. */
export function readPackets(bytes: Uint8Array): readonly Packet[] {
  const reader = new ByteReader(bytes);
  const packets: Packet[] = [];
  while (reader.left > 0) {
    if (packets.length === maxPackets) throw new PgpError(`there are more than ${maxPackets} packets`);
    const header = reader.byte();
    if ((header & 0x80) === 0) throw new PgpError('it is no OpenPGP data');
    packets.push(
      (header & 0x40) === 0
        ? { tag: (header >> 2) & 0x0f, body: oldBody(reader, header & 3) }
        : { tag: header & 0x3f, body: newBody(reader) },
    );
  }
  return packets;
}

function oldBody(reader: ByteReader, lengthType: number): Uint8Array {
  return lengthType === 3 ? reader.rest() : reader.take(reader.number(1 << lengthType));
}

/** The new format allows bodies in parts, each with its length. */
function newBody(reader: ByteReader): Uint8Array {
  const parts: Uint8Array[] = [];
  for (;;) {
    const first = reader.byte();
    if (first >= 224 && first < 255) {
      parts.push(reader.take(1 << (first & 0x1f)));
      continue;
    }
    parts.push(reader.take(bodyLength(first, reader)));
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }
}

function bodyLength(first: number, reader: ByteReader): number {
  if (first < 192) return first;
  return first < 224 ? (first - 192) * 256 + reader.byte() + 192 : reader.number(4);
}
