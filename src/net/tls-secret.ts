import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { HttpTls } from './http-agents.ts';

/** A Secret has no TLS settings that can be used: entries are `missing`, or make no sense. */
export class TlsSecretError extends Error {
  override readonly name = 'TlsSecretError';
  readonly missing: boolean;

  constructor(message: string, { missing = false } = {}) {
    super(message);
    this.missing = missing;
  }
}

const keys = { cert: ['tls.crt', 'certFile'], key: ['tls.key', 'keyFile'], ca: ['ca.crt', 'caFile'] } as const;

/**
 * The TLS settings that a Secret holds: `ca.crt`, and `tls.crt` with `tls.key`, or the names they had before. `about`
 * names the Secret in messages: `namespace/name`. Throws TlsSecretError in upstream's words (fluxcd/pkg
 * runtime/secrets/converter.go, TLSConfigFromSecret), without anything of the content.
 */
export function tlsOfSecret(secret: ReadonlyMap<string, Buffer>, about: string): HttpTls {
  const [cert, key, ca] = [keys.cert, keys.key, keys.ca].map((names) => entry(secret, names));
  if ((cert === undefined) !== (key === undefined)) {
    const [has, lacks] = cert === undefined ? ['tls.key', 'tls.crt'] : ['tls.crt', 'tls.key'];
    throw new TlsSecretError(`secret '${about}' contains '${has}' but missing '${lacks}'`, { missing: true });
  }
  if (cert === undefined && ca === undefined) {
    throw new TlsSecretError(`secret '${about}' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'`, {
      missing: true,
    });
  }
  if (cert !== undefined && key !== undefined && !isPair(cert, key)) {
    throw new TlsSecretError('failed to parse TLS certificate and key: they are no PEM, or not made for each other');
  }
  if (ca !== undefined && !isCertificate(ca)) throw new TlsSecretError('failed to parse CA certificate');
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

/** The first of the names under which there is anything. */
function entry(secret: ReadonlyMap<string, Buffer>, names: readonly string[]): Buffer | undefined {
  return names.map((name) => secret.get(name)).find((bytes) => bytes !== undefined && bytes.length > 0);
}

function isPair(cert: Buffer, key: Buffer): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

function isCertificate(pem: Buffer): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
