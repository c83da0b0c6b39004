/** A private key as the crypto port holds it. */
export interface PrivateKey {
  /** PEM, in the format in which Go writes keys of the kind: PKCS#1, SEC 1 or PKCS#8. */
  readonly pem: string;
  /** The SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array;
  readonly kind: 'rsa' | 'ecdsa' | 'ed25519' | 'dsa';
}

/** Keys and signatures, which are the platform's to make. Every function throws an Error with a message of one line. */
export interface CryptoPort {
  generateKey(kind: 'rsa' | 'rsa-2048' | 'ecdsa' | 'ed25519' | 'dsa'): PrivateKey;
  readKey(pem: string): PrivateKey;
  /** The signature of bytes with SHA-256 (Ed25519 hashes by itself), in DER for ECDSA. */
  sign(key: PrivateKey, data: Uint8Array): Uint8Array;
  /** Checks that the bytes are an X.509 certificate in DER. */
  checkCertificate(der: Uint8Array): void;
  encryptAes(key: Uint8Array, iv: Uint8Array, plain: Uint8Array): Uint8Array;
  decryptAes(key: Uint8Array, iv: Uint8Array, sealed: Uint8Array): Uint8Array;
}
