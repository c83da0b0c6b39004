import { errorMessage } from '../lib/errors.ts';

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

/** What went wrong with a connection, in the words of Go's net/http; anything else in its own words. */
export function networkFailure(error: unknown): string {
  const cause = firstOf(error);
  return texts[cause.code ?? '']?.(cause) ?? errorMessage(error);
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
