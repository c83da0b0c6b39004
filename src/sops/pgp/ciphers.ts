import { PgpError } from './pgp-error.ts';

/** A symmetric cipher (RFC 9580, 9.3). */
export interface SymmetricCipher {
  /** What it is to OpenSSL, without the mode. */
  readonly name: string;
  /** Bytes. */
  readonly keyLength: number;
  readonly blockLength: number;
}

const ciphers: Readonly<Record<number, SymmetricCipher>> = {
  2: { name: 'des-ede3', keyLength: 24, blockLength: 8 },
  7: { name: 'aes-128', keyLength: 16, blockLength: 16 },
  8: { name: 'aes-192', keyLength: 24, blockLength: 16 },
  9: { name: 'aes-256', keyLength: 32, blockLength: 16 },
  11: { name: 'camellia-128', keyLength: 16, blockLength: 16 },
  12: { name: 'camellia-192', keyLength: 24, blockLength: 16 },
  13: { name: 'camellia-256', keyLength: 32, blockLength: 16 },
};

/** Throws {@link PgpError} when the cipher is none that is supported. */
export function cipherOf(id: number): SymmetricCipher {
  const cipher = ciphers[id];
  if (cipher === undefined) throw new PgpError(`the cipher ${id} is not supported`);
  return cipher;
}

/** Hash algorithms of key derivation (RFC 9580, 9.5). */
export function hashOf(id: number): string {
  const hash = { 8: 'sha256', 9: 'sha384', 10: 'sha512' }[id];
  if (hash === undefined) throw new PgpError(`the hash ${id} is not supported`);
  return hash;
}
