import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SecretData } from '../../../kube/secret.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { HttpTls } from '../../../net/http-agents.ts';

/** A Secret has half of a certificate pair, or nothing about TLS at all. */
export class TlsEntriesError extends Error {
  override readonly name = 'TlsEntriesError';
}

/**
 * The TLS settings of a Secret: `ca.crt`, and `tls.crt` with `tls.key`, or their older names. `ref` is its
 * `namespace/name`. Throws {@link TlsEntriesError} when entries are missing, and Error when they make no sense; both in
 * upstream's words (fluxcd/pkg runtime/secrets/converter.go, TLSConfigFromSecret). With a `ca.crt` nothing else is trusted.
 */
export function tlsOf(secret: SecretData, ref: string): HttpTls {
  const ca = entry(secret, 'ca.crt', 'caFile');
  const cert = entry(secret, 'tls.crt', 'certFile');
  const key = entry(secret, 'tls.key', 'keyFile');
  if (cert !== undefined && key === undefined)
    throw new TlsEntriesError(`secret '${ref}' contains 'tls.crt' but missing 'tls.key'`);
  if (cert === undefined && key !== undefined)
    throw new TlsEntriesError(`secret '${ref}' contains 'tls.key' but missing 'tls.crt'`);
  if (cert === undefined && ca === undefined)
    throw new TlsEntriesError(`secret '${ref}' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'`);
  if (cert !== undefined && key !== undefined) checkPair(cert, key);
  if (ca !== undefined) checkAuthority(ca);
  return {
    ...(ca === undefined ? {} : { ca, onlyCa: true }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

function entry(secret: SecretData, name: string, older: string): string | undefined {
  const bytes = secret.get(name) ?? secret.get(older);
  return bytes === undefined || bytes.length === 0 ? undefined : bytes.toString('utf8');
}

function checkPair(cert: string, key: string): void {
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw new Error(`failed to parse TLS certificate and key: ${errorMessage(cause)}`, { cause });
  }
}

function checkAuthority(ca: string): void {
  try {
    new X509Certificate(ca);
  } catch (cause) {
    throw new Error('failed to parse CA certificate', { cause });
  }
}
