import { errorMessage } from '../lib/errors.ts';

/** A failed exchange, in Go's words where Go has any. */
export interface Failure {
  readonly text: string;
  /** Node's, OpenSSL's or undici's code; `Unknown` without one. */
  readonly code: string;
  /** Whether the server cannot have seen the request. */
  readonly unsent: boolean;
}

type Wording = (host: string) => string;

/** Codes of connections that were never made, with the text Go's net package has for them. */
const unmade: Readonly<Record<string, Wording>> = {
  ECONNREFUSED: (host) => `dial tcp ${host}: connect: connection refused`,
  EHOSTUNREACH: (host) => `dial tcp ${host}: connect: no route to host`,
  ENETUNREACH: (host) => `dial tcp ${host}: connect: network is unreachable`,
  ETIMEDOUT: (host) => `dial tcp ${host}: i/o timeout`,
  UND_ERR_CONNECT_TIMEOUT: (host) => `dial tcp ${host}: i/o timeout`,
  ENOTFOUND: (host) => `dial tcp: lookup ${hostName(host)}: no such host`,
  EAI_AGAIN: (host) => `dial tcp: lookup ${hostName(host)}: server misbehaving`,
};

/** Codes of connections that broke, likewise. */
const broken: Readonly<Record<string, Wording>> = {
  ECONNRESET: () => 'read: connection reset by peer',
  EPIPE: () => 'write: broken pipe',
  UND_ERR_SOCKET: () => 'EOF',
  ERR_HTTP2_STREAM_CANCEL: () => 'http2: client connection lost',
  ERR_HTTP2_SESSION_ERROR: () => 'http2: client connection lost',
  ERR_HTTP2_GOAWAY_SESSION: () => 'http2: server sent GOAWAY and closed the connection',
};

/** Puts what undici or Node threw into words; `host` is the server's host and port. */
export function describeFailure(cause: unknown, host: string): Failure {
  const code = codeOf(cause);
  const never = unmade[code];
  if (never !== undefined) return { text: never(host), code, unsent: true };
  const lost = broken[code];
  if (lost !== undefined) return { text: lost(host), code, unsent: false };
  // A certificate that does not verify ends the handshake: nothing was sent.
  const unsent = /CERT|^ERR_TLS|^ERR_SSL|SELF_SIGNED|UNABLE_TO_/.test(code);
  return { text: unsent ? `tls: ${errorMessage(cause)}` : errorMessage(cause), code, unsent };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Unknown';
  // Node's answer to a host all of whose addresses failed.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  // `fetch failed`-like wrappers carry the reason as their cause.
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return code;
  return error.cause === undefined ? 'Unknown' : codeOf(error.cause);
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, '');
}
