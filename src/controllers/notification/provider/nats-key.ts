import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { NotifyError } from './notifier.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const seedPrefix = 18 << 3;
const userPrefix = 20 << 3;
/** What stands before a raw Ed25519 key in PKCS #8 (RFC 8410). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A user's key pair at NATS. */
export interface NatsKey {
  /** As servers know it: `U...`. */
  readonly publicKey: string;
  /** The signature of a server's nonce. */
  sign(nonce: string): string;
}

/**
 * The key of a user's seed (`SU...`). Throws NotifyError, without the seed.
 *
 * https://github.com/nats-io/nkeys#seeds
 */
export function natsKey(seed: string): NatsKey {
  const bytes = decoded(seed.trim());
  const [first = 0, second = 0] = bytes;
  const isUser = (first & 0xf8) === seedPrefix && (((first & 7) << 5) | (second >> 3)) === userPrefix;
  if (!isUser || bytes.length !== 36 || crc16(bytes.subarray(0, 34)) !== bytes.readUInt16LE(34)) {
    throw fault('it is not the seed of a user');
  }
  const key = createPrivateKey({ key: Buffer.concat([pkcs8, bytes.subarray(2, 34)]), format: 'der', type: 'pkcs8' });
  return {
    publicKey: publicName(key),
    sign: (nonce) => sign(null, Buffer.from(nonce), key).toString('base64url'),
  };
}

/** The parts of a credentials file: a user's JWT and the seed of its key. Throws NotifyError, without either. */
export function natsCredentials(text: string): { readonly jwt: string; readonly key: NatsKey } {
  const [jwt, seed] = [...text.matchAll(/-{3,}BEGIN [A-Z ]+-{3,}\s*([\w.=-]+)\s*-{3,}END [A-Z ]+-{3,}/g)].map(
    ([, value]) => value,
  );
  if (jwt === undefined || seed === undefined) throw fault('the credentials have no JWT or no seed');
  return { jwt, key: natsKey(seed) };
}

function publicName(key: KeyObject): string {
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  const bytes = Buffer.concat([Buffer.from([userPrefix]), raw, Buffer.alloc(2)]);
  bytes.writeUInt16LE(crc16(bytes.subarray(0, -2)), bytes.length - 2);
  return encoded(bytes);
}

/** Base 32 without padding (RFC 4648). */
function decoded(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const character of text) {
    const digit = alphabet.indexOf(character);
    if (digit < 0) throw fault('it is not base 32');
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 0xff);
    }
  }
  return Buffer.from(bytes);
}

function encoded(bytes: Buffer): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const digits = bits.match(/.{1,5}/g) ?? [];
  return digits.map((digit) => alphabet.charAt(Number.parseInt(digit.padEnd(5, '0'), 2))).join('');
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc;
}

function fault(problem: string): NotifyError {
  return new NotifyError(`error parsing nkey seed: ${problem}`, { permanent: true });
}
