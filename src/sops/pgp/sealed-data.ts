import { createDecipheriv, createHash, hkdfSync, timingSafeEqual } from 'node:crypto';
import { ByteReader } from './byte-reader.ts';
import { cipherOf } from './ciphers.ts';
import { PgpError } from './pgp-error.ts';
import type { SessionKey } from './session-key.ts';

/**
 * The content of a packet whose integrity is protected (RFC 9580, 5.13): version 1 with a SHA-1 at the end, version 2
 * with authenticated chunks. Throws {@link PgpError} when it was changed.
 */
export function openSealed(body: Uint8Array, session: SessionKey): Uint8Array {
  const reader = new ByteReader(body);
  const version = reader.byte();
  if (version === 1) return openHashed(reader.rest(), session);
  if (version !== 2) throw new PgpError(`encrypted data of version ${version} is not supported`);
  const [cipher, mode, size] = [reader.byte(), reader.byte(), reader.byte()];
  const salt = reader.take(32);
  const info = Buffer.from([0xd2, 2, cipher, mode, size]);
  const { keyLength } = cipherOf(cipher);
  const nonceLength = modeOf(mode).nonceLength;
  const derived = Buffer.from(hkdfSync('sha256', session.key, salt, info, keyLength + nonceLength - 8));
  const prefix = derived.subarray(keyLength);
  return openChunks(reader.rest(), {
    ...modeFor(cipher, mode, derived.subarray(0, keyLength)),
    size,
    header: () => info,
    nonce: (index) => Buffer.concat([prefix, counter(index)]),
  });
}

/** GnuPG's packet 20, which came before version 2 of the standard's. Throws {@link PgpError} when it was changed. */
export function openOcb(body: Uint8Array, session: SessionKey): Uint8Array {
  const reader = new ByteReader(body);
  const [version, cipher, mode, size] = [reader.byte(), reader.byte(), reader.byte(), reader.byte()];
  if (version !== 1 || session.cipher !== cipher) throw new PgpError('encrypted data of this kind is not supported');
  const start = reader.take(modeOf(mode).nonceLength);
  const info = Buffer.from([0xd4, version, cipher, mode, size]);
  return openChunks(reader.rest(), {
    ...modeFor(cipher, mode, session.key),
    size,
    header: (index) => Buffer.concat([info, counter(index)]),
    nonce: (index) => {
      const nonce = Buffer.from(start);
      for (const [i, byte] of counter(index).entries()) {
        const at = nonce.length - 8 + i;
        nonce[at] = (nonce[at] ?? 0) ^ byte;
      }
      return nonce;
    },
  });
}

const hashPacket = Buffer.from([0xd3, 0x14]);

function openHashed(data: Uint8Array, { cipher, key }: SessionKey): Uint8Array {
  if (cipher === undefined) throw new PgpError('the session key names no cipher');
  const { name, keyLength, blockLength } = cipherOf(cipher);
  if (key.length !== keyLength) throw changed();
  const decipher = createDecipheriv(`${name}-cfb`, key, Buffer.alloc(blockLength));
  const clear = Buffer.concat([decipher.update(data), decipher.final()]);
  const end = clear.length - 22;
  if (end < blockLength + 2) throw changed();
  const digest = createHash('sha1').update(clear.subarray(0, -20)).digest();
  if (!clear.subarray(end, end + 2).equals(hashPacket) || !timingSafeEqual(digest, clear.subarray(-20))) {
    throw changed();
  }
  return clear.subarray(blockLength + 2, end);
}

interface Mode {
  readonly name: 'ocb' | 'gcm';
  /** Bytes. */
  readonly nonceLength: number;
}

function modeOf(id: number): Mode {
  if (id === 2) return { name: 'ocb', nonceLength: 15 };
  if (id === 3) return { name: 'gcm', nonceLength: 12 };
  throw new PgpError(`the mode ${id} of authenticated encryption is not supported`);
}

function modeFor(cipher: number, mode: number, key: Uint8Array): Pick<Chunks, 'name' | 'key'> {
  const { name, keyLength } = cipherOf(cipher);
  if (key.length !== keyLength || !name.startsWith('aes')) throw new PgpError('the session key is of another cipher');
  return { name: `${name}-${modeOf(mode).name}`, key };
}

interface Chunks {
  readonly name: string;
  readonly key: Uint8Array;
  /** Chunks have 2 to the power of size + 6 bytes. */
  readonly size: number;
  header(index: number): Uint8Array;
  nonce(index: number): Uint8Array;
}

const tagLength = 16;

/** Each chunk has its own tag; a last one, over nothing, seals how many bytes there are. */
function openChunks(data: Uint8Array, chunks: Chunks): Uint8Array {
  if (chunks.size > 16) throw new PgpError('the chunks of the encrypted data are too large');
  const step = 2 ** (chunks.size + 6) + tagLength;
  const clear: Uint8Array[] = [];
  const end = data.length - tagLength;
  let length = 0;
  let at = 0;
  for (; at < end; at += step) {
    const chunk = openChunk(data.subarray(at, Math.min(at + step, end)), clear.length, new Uint8Array(0), chunks);
    clear.push(chunk);
    length += chunk.length;
  }
  openChunk(data.subarray(Math.max(end, 0)), clear.length, counter(length), chunks);
  return Buffer.concat(clear);
}

function openChunk(sealed: Uint8Array, index: number, total: Uint8Array, chunks: Chunks): Uint8Array {
  const end = sealed.length - tagLength;
  if (end < 0) throw changed();
  try {
    // The types know OCB only as a name of its own.
    const options = { authTagLength: tagLength };
    const decipher = createDecipheriv(chunks.name as 'aes-256-gcm', chunks.key, chunks.nonce(index), options);
    decipher.setAAD(Buffer.concat([chunks.header(index), total]));
    decipher.setAuthTag(sealed.subarray(end));
    return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]);
  } catch (error) {
    throw changed(error);
  }
}

function counter(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function changed(cause?: unknown): PgpError {
  return new PgpError('the encrypted data was changed, or is for another key', { cause });
}
