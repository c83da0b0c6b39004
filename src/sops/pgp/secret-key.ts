import { createHash } from 'node:crypto';
import { ByteReader } from './byte-reader.ts';
import { type Packet, readPackets, TAG } from './packets.ts';

/** A secret key that can decrypt session keys. */
export interface SecretKey {
  /** Hexadecimal digits, upper case. */
  readonly fingerprint: string;
  /** The part of the fingerprint that messages name. */
  readonly keyId: string;
  readonly secret: RsaSecret | EcdhSecret | X25519Secret | ProtectedSecret;
}

/** A secret that needs a passphrase, which nobody can enter here. */
export interface ProtectedSecret {
  readonly kind: 'protected';
}

export interface RsaSecret {
  readonly kind: 'rsa';
  readonly n: Uint8Array;
  readonly e: Uint8Array;
  readonly d: Uint8Array;
  readonly p: Uint8Array;
  readonly q: Uint8Array;
}

export interface EcdhSecret {
  readonly kind: 'ecdh';
  /** The curve's object identifier in hexadecimal digits. */
  readonly curve: string;
  /** The public point as it is in the packet. */
  readonly point: Uint8Array;
  readonly hash: number;
  readonly cipher: number;
  /** The secret number, big-endian, without leading zeros. */
  readonly scalar: Uint8Array;
}

export interface X25519Secret {
  readonly kind: 'x25519';
  readonly point: Uint8Array;
  readonly scalar: Uint8Array;
}

/** Public key algorithms (RFC 9580, 9.1). */
const ALGORITHM = { rsa: 1, rsaEncrypt: 2, ecdh: 18, x25519: 25 } as const;

/**
 * The secret keys that can decrypt, of an exported key as `gpg --export-secret-keys` writes it. Parts that only sign are
 * left out, as are stubs of keys that are elsewhere. Throws {@link PgpError}.
 */
export function readSecretKeys(bytes: Uint8Array): readonly SecretKey[] {
  return readPackets(bytes)
    .filter(({ tag }) => tag === TAG.secretKey || tag === TAG.secretSubkey)
    .flatMap(readSecretKey);
}

function readSecretKey({ body }: Packet): readonly SecretKey[] {
  const reader = new ByteReader(body);
  const version = reader.byte();
  if (version !== 4 && version !== 6) return [];
  reader.take(4);
  const algorithm = reader.byte();
  if (version === 6) reader.take(4);
  const secretOf = publicPart(algorithm, reader);
  if (secretOf === undefined) return [];
  const { fingerprint, keyId } = identify(version, body.subarray(0, reader.at));
  const usage = reader.byte();
  if (usage !== 0) {
    return isStub(reader) ? [] : [{ fingerprint, keyId, secret: { kind: 'protected' } }];
  }
  return [{ fingerprint, keyId, secret: secretOf(reader) }];
}

/** GnuPG exports a secret key that it does not have, or that is on a card, as `GNU` in place of a passphrase's salt. */
function isStub(reader: ByteReader): boolean {
  return Buffer.from(reader.rest()).subarray(0, 12).includes('GNU');
}

function identify(version: 4 | 6, publicKey: Uint8Array): { readonly fingerprint: string; readonly keyId: string } {
  if (version === 4) {
    const prefix = Buffer.from([0x99, publicKey.length >> 8, publicKey.length & 0xff]);
    const fingerprint = createHash('sha1').update(prefix).update(publicKey).digest('hex').toUpperCase();
    return { fingerprint, keyId: fingerprint.slice(-16) };
  }
  const prefix = Buffer.alloc(5, 0x9b);
  prefix.writeUInt32BE(publicKey.length, 1);
  const fingerprint = createHash('sha256').update(prefix).update(publicKey).digest('hex').toUpperCase();
  return { fingerprint, keyId: fingerprint.slice(0, 16) };
}

type Secret = SecretKey['secret'];

/** Reads the public part, and gives what reads the secret one; undefined for keys that cannot decrypt. */
function publicPart(algorithm: number, reader: ByteReader): ((reader: ByteReader) => Secret) | undefined {
  switch (algorithm) {
    case ALGORITHM.rsa:
    case ALGORITHM.rsaEncrypt: {
      const [n, e] = [reader.mpi(), reader.mpi()];
      return (secret) => ({ kind: 'rsa', n, e, d: secret.mpi(), p: secret.mpi(), q: secret.mpi() });
    }
    case ALGORITHM.ecdh: {
      const curve = Buffer.from(reader.take(reader.byte())).toString('hex');
      const point = reader.mpi();
      const parameters = new ByteReader(reader.take(reader.byte()));
      parameters.byte();
      const [hash, cipher] = [parameters.byte(), parameters.byte()];
      return (secret) => ({ kind: 'ecdh', curve, point, hash, cipher, scalar: secret.mpi() });
    }
    case ALGORITHM.x25519: {
      const point = reader.take(32);
      return (secret) => ({ kind: 'x25519', point, scalar: secret.take(32) });
    }
    default:
      return undefined;
  }
}
