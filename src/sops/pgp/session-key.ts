import { constants, createPrivateKey, privateDecrypt } from 'node:crypto';
import { ByteReader } from './byte-reader.ts';
import { cipherOf } from './ciphers.ts';
import { ecdhSessionKey, x25519SessionKey } from './key-agreement.ts';
import { PgpError } from './pgp-error.ts';
import type { RsaSecret, SecretKey } from './secret-key.ts';

/** A session key for one recipient (RFC 9580, 5.1). */
export interface EncryptedSessionKey {
  readonly version: 3 | 6;
  /** The recipient's key id; undefined when the sender hides it. */
  readonly keyId: string | undefined;
  readonly algorithm: number;
  readonly body: Uint8Array;
}

export interface SessionKey {
  /** The cipher's number; undefined when the message tells it elsewhere. */
  readonly cipher: number | undefined;
  readonly key: Uint8Array;
}

/** Reads the packet; undefined when it is of another version. Throws {@link PgpError}. */
export function readEncryptedSessionKey(body: Uint8Array): EncryptedSessionKey | undefined {
  const reader = new ByteReader(body);
  const version = reader.byte();
  if (version === 3) {
    const id = Buffer.from(reader.take(8)).toString('hex').toUpperCase();
    return { version, keyId: /^0*$/.test(id) ? undefined : id, algorithm: reader.byte(), body: reader.rest() };
  }
  if (version !== 6) return undefined;
  const recipient = reader.take(reader.byte());
  const fingerprint = Buffer.from(recipient.subarray(1)).toString('hex').toUpperCase();
  const keyId = recipient[0] === 6 ? fingerprint.slice(0, 16) : fingerprint.slice(-16);
  return { version, keyId: keyId === '' ? undefined : keyId, algorithm: reader.byte(), body: reader.rest() };
}

/** Throws {@link PgpError} when it is not for this key. */
export function decryptSessionKey(encrypted: EncryptedSessionKey, key: SecretKey): SessionKey {
  const { secret } = key;
  const reader = new ByteReader(encrypted.body);
  switch (secret.kind) {
    case 'rsa':
      return checked(rsa(secret, reader.mpi()), encrypted.version);
    case 'ecdh':
      return checked(ecdhSessionKey(key, secret, reader), encrypted.version);
    case 'protected':
      throw new PgpError(`the secret key ${key.fingerprint} is protected by a passphrase: export it without one`);
    case 'x25519': {
      const ephemeral = reader.take(32);
      const rest = new ByteReader(reader.take(reader.byte()));
      const cipher = encrypted.version === 3 ? rest.byte() : undefined;
      return { cipher, key: x25519SessionKey(secret, ephemeral, rest.rest()) };
    }
  }
}

/** Padding that is wrong gives a random text instead of an error, so that nothing is learned of it from outside. */
function rsa({ n, e, d, p, q }: RsaSecret, encrypted: Uint8Array): Uint8Array {
  const [big, p1, q1, exponent] = [bigintOf(d), bigintOf(p), bigintOf(q), (x: bigint) => base64url(bytesOf(x))];
  const jwk = {
    kty: 'RSA',
    n: base64url(n),
    e: base64url(e),
    d: base64url(d),
    p: base64url(p),
    q: base64url(q),
    dp: exponent(big % (p1 - 1n)),
    dq: exponent(big % (q1 - 1n)),
    qi: exponent(inverse(q1, p1)),
  };
  try {
    const padded = Buffer.alloc(n.length);
    padded.set(encrypted, n.length - encrypted.length);
    const key = createPrivateKey({ key: jwk, format: 'jwk' });
    return privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, padded);
  } catch (error) {
    throw new PgpError('the session key cannot be decrypted', { cause: error });
  }
}

/** The cipher's number, the key, and the sum of its bytes; a message that tells its cipher leaves the number out. */
function checked(decrypted: Uint8Array, version: 3 | 6): SessionKey {
  const reader = new ByteReader(decrypted);
  const cipher = version === 3 ? reader.byte() : undefined;
  const key = reader.take(Math.max(reader.left - 2, 0));
  const sum = key.reduce((total, byte) => (total + byte) & 0xffff, 0);
  if (sum !== reader.number(2) || (cipher !== undefined && cipherOf(cipher).keyLength !== key.length)) {
    throw new PgpError('the session key cannot be decrypted');
  }
  return { cipher, key };
}

function bigintOf(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);
}

function bytesOf(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** The number that `a` times is 1 modulo `m`, by Euclid's algorithm. */
function inverse(a: bigint, m: bigint): bigint {
  let [r, next, x, following] = [m, a % m, 0n, 1n];
  while (next !== 0n) {
    const quotient = r / next;
    [r, next] = [next, r - quotient * next];
    [x, following] = [following, x - quotient * following];
  }
  return ((x % m) + m) % m;
}
