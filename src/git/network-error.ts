import { errorMessage, isTimeout } from '../lib/errors.ts';
import { GitError } from './errors.ts';

/** What was asked when it failed. */
interface Attempt {
  readonly method: 'Get' | 'Post';
  /** Without credentials. */
  readonly url: string;
  readonly signal: AbortSignal;
}

interface SystemError {
  readonly code?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

const untrusted = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';

/** Node's and undici's codes in the words that Go's net/http has for them, which users of Flux know. */
const texts: Readonly<Record<string, (error: SystemError) => string>> = {
  ECONNREFUSED: ({ address, port }) => `dial tcp ${endpoint(address, port)}: connect: connection refused`,
  EHOSTUNREACH: ({ address, port }) => `dial tcp ${endpoint(address, port)}: connect: no route to host`,
  ENETUNREACH: ({ address, port }) => `dial tcp ${endpoint(address, port)}: connect: network is unreachable`,
  ETIMEDOUT: ({ address, port }) => `dial tcp ${endpoint(address, port)}: i/o timeout`,
  UND_ERR_CONNECT_TIMEOUT: () => 'dial tcp: i/o timeout',
  ENOTFOUND: ({ hostname }) => `dial tcp: lookup ${hostname ?? ''}: no such host`,
  EAI_AGAIN: ({ hostname }) => `dial tcp: lookup ${hostname ?? ''}: temporary failure in name resolution`,
  ECONNRESET: () => 'connection reset by peer',
  UND_ERR_SOCKET: () => 'unexpected EOF',
  SELF_SIGNED_CERT_IN_CHAIN: () => untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: () => untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: () => untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: () => untrusted,
  CERT_HAS_EXPIRED: () => 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
};

/** The GitError for a request that brought no answer, or whose answer broke off. A GitError stays what it is. */
export function networkError(error: unknown, attempt: Attempt): GitError {
  if (error instanceof GitError) {
    return error;
  }
  const context = `${attempt.method} "${attempt.url}"`;
  if (attempt.signal.aborted) {
    const ended = signalError(attempt.signal);
    return new GitError(ended.code, `${context}: ${ended.message}`, { cause: error });
  }
  const cause = firstOf(error);
  const text = texts[cause.code ?? '']?.(cause) ?? errorMessage(error);
  return new GitError('NetworkError', `${context}: ${text}`, { cause: error });
}

/** The GitError for a signal that has ended the work, in the words of Go's context package. */
export function signalError(signal: AbortSignal): GitError {
  return isTimeout(signal.reason)
    ? new GitError('Timeout', 'context deadline exceeded', { cause: signal.reason })
    : new GitError('Canceled', 'context canceled', { cause: signal.reason });
}

/** A host with several addresses fails with an error for each; the first one tells enough. */
function firstOf(error: unknown): SystemError {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return typeof first === 'object' && first !== null ? first : {};
}

function endpoint(address: string | undefined, port: number | undefined): string {
  if (address === undefined) {
    return '';
  }
  const host = address.includes(':') ? `[${address}]` : address;
  return port === undefined ? host : `${host}:${port}`;
}
