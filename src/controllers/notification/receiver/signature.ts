import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { CallRefused } from './webhook-call.ts';

const algorithms: ReadonlySet<string> = new Set(['sha1', 'sha256', 'sha512']);

/**
 * Throws unless `signature` is that of the body under the token: `<algorithm>=<hex>` with sha1, sha256 or sha512
 * (google/go-github github/messages.go, ValidateSignature).
 */
export function requireSignature(signature: string, body: Uint8Array, token: Uint8Array): void {
  requireToken(token);
  if (signature === '') throw new CallRefused('missing signature');
  const [algorithm = '', ...rest] = signature.split('=');
  const hex = rest.join('=');
  if (!algorithms.has(algorithm)) throw new CallRefused('the signature has an unknown algorithm');
  if (!/^(?:[0-9a-f]{2})*$/i.test(hex)) throw new CallRefused('the signature is not hexadecimal');
  if (!equal(Buffer.from(hex, 'hex'), hmac(algorithm, body, token))) throw new CallRefused('the signature is wrong');
}

/** The HMAC of a body. */
export function hmac(algorithm: string, body: Uint8Array, token: Uint8Array): Uint8Array {
  return createHmac(algorithm, token).update(body).digest();
}

/** Throws unless a header that carries the token itself does so. */
export function requireTokenHeader(value: string, token: Uint8Array, name: string): void {
  requireToken(token);
  // Node reads headers as Latin-1: this gives the bytes back.
  if (!equal(Buffer.from(value, 'latin1'), token)) throw new CallRefused(`the ${name} header is not the token`);
}

/** Throws for an empty token. Differs from Flux, which lets everybody in then (ADR 28). */
export function requireToken(token: Uint8Array): void {
  if (token.length === 0) throw new CallRefused('the token of the Receiver is empty, so that nobody can have it');
}

/** Whether both are the same, in a time that tells nothing of where or whether they differ, nor of their lengths. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  const digest = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
  return timingSafeEqual(digest(a), digest(b));
}
