import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  X509Certificate,
} from 'node:crypto';
import type { CryptoPort, PrivateKey } from '../engines/helm/crypto-port.ts';
import { der, integer, readDer, TAG } from '../engines/helm/x509/der.ts';
import { readPem, writePem } from '../engines/helm/x509/pem.ts';

/** Keys of this process, by their PEM, so that a key just made is not read again. */
const known = new WeakMap<PrivateKey, KeyObject>();

/** The crypto of Helm's functions on OpenSSL, as Node has it. */
export const helmCrypto: CryptoPort = {
  generateKey: (kind) => wrap(generate(kind)),
  readKey: (pem) => wrap(read(pem)),
  sign: (key, data) => sign(key.kind === 'ed25519' ? null : 'sha256', data, keyObject(key)),
  checkCertificate: (bytes) => void new X509Certificate(bytes),
  encryptAes: (key, iv, plain) => {
    const cipher = createCipheriv('aes-256-cbc', key, iv);
    return Buffer.concat([cipher.update(plain), cipher.final()]);
  },
  decryptAes: (key, iv, sealed) => {
    const decipher = createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
    return Buffer.concat([decipher.update(sealed), decipher.final()]);
  },
};

function generate(kind: Parameters<CryptoPort['generateKey']>[0]): KeyObject {
  switch (kind) {
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey;
    case 'rsa-2048':
      return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    case 'ecdsa':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey;
    case 'dsa':
      return generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).privateKey;
  }
}

function keyObject(key: PrivateKey): KeyObject {
  return known.get(key) ?? read(key.pem);
}

function read(pem: string): KeyObject {
  return createPrivateKey(pem);
}

function wrap(key: KeyObject): PrivateKey {
  const kind = kindOf(key);
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const wrapped = { kind, publicKey, pem: pemOf(key, kind, publicKey) };
  known.set(wrapped, key);
  return wrapped;
}

function kindOf({ asymmetricKeyType }: KeyObject): PrivateKey['kind'] {
  switch (asymmetricKeyType) {
    case 'ec':
      return 'ecdsa';
    case 'rsa':
    case 'ed25519':
    case 'dsa':
      return asymmetricKeyType;
    default:
      throw new Error(`invalid private key type ${asymmetricKeyType}`);
  }
}

function pemOf(key: KeyObject, kind: PrivateKey['kind'], publicKey: Uint8Array): string {
  switch (kind) {
    case 'rsa':
      return key.export({ type: 'pkcs1', format: 'pem' }).toString();
    case 'ecdsa':
      return key.export({ type: 'sec1', format: 'pem' }).toString();
    case 'ed25519':
      return key.export({ type: 'pkcs8', format: 'pem' }).toString();
    case 'dsa':
      return dsaPem(key.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKey);
  }
}

/** OpenSSL's old format of DSA keys: version, p, q, g, y, x. */
function dsaPem(pkcs8: string, publicKey: Uint8Array): string {
  const content = (bytes: Uint8Array | undefined): ReturnType<typeof readDer> => readDer(bytes ?? new Uint8Array());
  const outer = content(content(readPem(pkcs8)?.bytes)[0]?.content);
  const parameters = content(content(outer[1]?.content)[1]?.content).map(({ whole }) => whole);
  const x = outer[2]?.content ?? new Uint8Array();
  const bits = content(content(publicKey)[0]?.content)[1]?.content;
  const y = (bits ?? new Uint8Array()).subarray(1);
  return writePem({
    type: 'DSA PRIVATE KEY',
    bytes: der(TAG.sequence, integer(Uint8Array.of(0)), ...parameters, y, x),
  });
}
