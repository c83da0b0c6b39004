import type { LookupFunction } from 'node:net';

/** What a TLS connection to the API server needs. PEM texts. Absent: the system's authorities, no client certificate. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name the server's certificate must have, when not the URL's host. */
  readonly serverName?: string;
  /** Take any certificate. Only where a kubeconfig says so and the caller allows it. */
  readonly insecure?: boolean;
}

/** Who we are, for the Authorization header. */
export interface Credentials {
  /**
   * The header's value as of now, or undefined for none. Not a promise while it is at hand, so that most requests
   * need not wait for a microtask.
   */
  authorization(signal?: AbortSignal): string | undefined | Promise<string | undefined>;
  /** The server answered 401: forget what is cached. True when another try may fare better. */
  renew?(): boolean;
}

/** An API server and how to talk to it; made by {@link loadConnection} or by hand in tests. */
export interface Connection {
  /** Scheme, host, port and, for servers behind a proxy, a path prefix: `https://10.0.0.1:6443`. */
  readonly server: string;
  readonly credentials: Credentials;
  /** The TLS material as of now; asked for at each new connection. The same object while nothing changed. */
  tls(): TlsMaterial;
  /** The context's (or the pod's own) namespace. */
  readonly namespace?: string;
  /** An HTTP, HTTPS or SOCKS5 proxy in front of the server. */
  readonly proxyUrl?: string;
  /** Looks up the server's name; Node's own when absent. */
  readonly lookup?: LookupFunction;
  /** Do not ask for gzip. */
  readonly disableCompression?: boolean;
  /** Whom the kubeconfig says we act as (`as`, `as-groups`). */
  readonly impersonate?: { readonly user: string; readonly groups?: readonly string[] };
}

/** No Authorization header: anonymous, or a client certificate. */
export const noCredentials: Credentials = { authorization: () => undefined };

/** The same header for ever. */
export function staticCredentials(authorization: string): Credentials {
  return { authorization: () => authorization };
}
