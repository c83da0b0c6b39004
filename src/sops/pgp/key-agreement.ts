import {
  createDecipheriv,
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
} from 'node:crypto';
import type { ByteReader } from './byte-reader.ts';
import { cipherOf, hashOf } from './ciphers.ts';
import { PgpError } from './pgp-error.ts';
import type { EcdhSecret, SecretKey, X25519Secret } from './secret-key.ts';

const CURVE25519 = '2b060104019755010501';

/** Curves by object identifier, as OpenSSL calls them (RFC 9580, 9.2). */
const curves: Readonly<Record<string, string>> = {
  '2a8648ce3d030107': 'prime256v1',
  '2b81040022': 'secp384r1',
  '2b81040023': 'secp521r1',
  '2b2403030208010107': 'brainpoolP256r1',
  '2b240303020801010b': 'brainpoolP384r1',
  '2b240303020801010d': 'brainpoolP512r1',
};

const ECDH_ALGORITHM = 18;

/**
 * The session key of an ECDH message, its padding removed: algorithm, key and checksum (RFC 9580, 11.5). Throws
 * {@link PgpError}.
 */
export function ecdhSessionKey(key: SecretKey, secret: EcdhSecret, reader: ByteReader): Uint8Array {
  const ephemeral = reader.mpi();
  const wrapped = reader.take(reader.byte());
  const shared = secret.curve === CURVE25519 ? curve25519(secret, ephemeral) : ecdh(secret, ephemeral);
  const keyLength = cipherOf(secret.cipher).keyLength;
  const curve = Buffer.from(secret.curve, 'hex');
  const derived = createHash(hashOf(secret.hash))
    .update(Buffer.from([0, 0, 0, 1]))
    .update(shared)
    .update(Buffer.from([curve.length]))
    .update(curve)
    .update(Buffer.from([ECDH_ALGORITHM, 3, 1, secret.hash, secret.cipher]))
    .update('Anonymous Sender    ')
    .update(Buffer.from(key.fingerprint, 'hex'))
    .digest();
  const padded = unwrapKey(wrapped, derived.subarray(0, keyLength));
  const padding = padded.at(-1) ?? 0;
  const end = padded.length - padding;
  if (padding === 0 || end < 0 || padded.subarray(end).some((byte) => byte !== padding)) throw wrongKey();
  return padded.subarray(0, end);
}

/** The session key of an X25519 message (RFC 9580, 5.1.6): the key alone, without algorithm and checksum. */
export function x25519SessionKey(secret: X25519Secret, ephemeral: Uint8Array, wrapped: Uint8Array): Uint8Array {
  const shared = x25519(secret.scalar, ephemeral);
  const material = Buffer.concat([ephemeral, secret.point, shared]);
  const wrapping = hkdfSync('sha256', material, new Uint8Array(0), 'OpenPGP X25519', 16);
  return unwrapKey(wrapped, new Uint8Array(wrapping));
}

/** The legacy form keeps the secret with its bytes turned around, and marks points with 0x40. */
function curve25519({ scalar }: EcdhSecret, ephemeral: Uint8Array): Uint8Array {
  if (ephemeral.length !== 33 || ephemeral[0] !== 0x40 || scalar.length > 32) {
    throw new PgpError('a point or secret of Curve25519 is malformed');
  }
  const turned = Buffer.alloc(32);
  turned.set(scalar, 32 - scalar.length);
  return x25519(turned.reverse(), ephemeral.subarray(1));
}

/** DER around the 32 bytes of a private and of a public key. */
const privateKeyHeader = Buffer.from('302e020100300506032b656e04220420', 'hex');
const publicKeyHeader = Buffer.from('302a300506032b656e032100', 'hex');

function x25519(scalar: Uint8Array, point: Uint8Array): Uint8Array {
  try {
    return diffieHellman({
      privateKey: createPrivateKey({ key: Buffer.concat([privateKeyHeader, scalar]), format: 'der', type: 'pkcs8' }),
      publicKey: createPublicKey({ key: Buffer.concat([publicKeyHeader, point]), format: 'der', type: 'spki' }),
    });
  } catch (error) {
    throw new PgpError('a point or secret of Curve25519 is malformed', { cause: error });
  }
}

function ecdh({ curve, scalar }: EcdhSecret, ephemeral: Uint8Array): Uint8Array {
  const name = curves[curve];
  if (name === undefined) throw new PgpError(`the curve ${curve} is not supported`);
  try {
    const agreement = createECDH(name);
    agreement.setPrivateKey(scalar);
    return agreement.computeSecret(ephemeral);
  } catch (error) {
    throw new PgpError(`a point or secret of ${name} is malformed`, { cause: error });
  }
}

/** RFC 3394. */
function unwrapKey(wrapped: Uint8Array, key: Uint8Array): Uint8Array {
  try {
    const decipher = createDecipheriv(`id-aes${key.length * 8}-wrap`, key, Buffer.alloc(8, 0xa6));
    return Buffer.concat([decipher.update(wrapped), decipher.final()]);
  } catch (error) {
    throw wrongKey(error);
  }
}

function wrongKey(cause?: unknown): PgpError {
  return new PgpError('the session key cannot be decrypted', { cause });
}
