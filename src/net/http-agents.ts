import { createHash } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import { Agent, buildConnector, type Dispatcher, EnvHttpProxyAgent, ProxyAgent, Socks5ProxyAgent } from 'undici';

/** TLS material in PEM. `ca` is trusted in addition to the system's authorities, as Flux does for sources. */
export interface HttpTls {
  readonly ca?: string | Uint8Array;
  /** Trusts `ca` and nothing else, as Flux does for notifications. */
  readonly onlyCa?: boolean;
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** Takes any certificate of the server: only where a user asked for insecure connections in so many words. */
  readonly skipVerify?: boolean;
}

/** The same settings, under which nothing but their `ca` is trusted where they have one. */
export function strictTls(tls: HttpTls): HttpTls {
  return tls.ca === undefined ? tls : { ...tls, onlyCa: true };
}

/** A proxy for one remote. `url` is http, https or socks5. */
export interface HttpProxy {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

/** The proxies of the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY), for remotes without one of their own. */
export interface EnvironmentProxy {
  readonly http?: string | undefined;
  readonly https?: string | undefined;
  readonly no?: string | undefined;
}

/** Which addresses may be reached at all, for remotes that are named by whoever may write to a repository. */
export interface AddressPolicy {
  /** A resolver that leaves out addresses that may not be reached. */
  readonly lookup: LookupFunction;
  /** Whether a host may be reached, as far as its name tells. */
  allows(hostname: string): boolean;
}

/** The address of a proxy cannot be used. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
}

interface Shared {
  readonly agent: Dispatcher;
  users: number;
}

/** A dispatcher for as long as it is needed. */
export interface AgentLease {
  readonly dispatcher: Dispatcher;
  release(): void;
}

const maxIdleAgents = 32;
/** Answers are bounded by the caller's signal: a server may take long to prepare a pack. */
const timeouts = { headersTimeout: 0, bodyTimeout: 0 };
const connectTimeoutMs = 30_000;
const perOrigin = { connections: 8, keepAliveTimeout: 10_000, pipelining: 1 };

/**
 * Connections, kept and shared among remotes that have the same TLS settings and proxy. Remotes with a client
 * certificate share only with those that have the same. Idle ones beyond 32 are closed, the oldest first.
 */
export class HttpAgents {
  readonly #agents = new Map<string, Shared>();
  readonly #environment: EnvironmentProxy | undefined;
  readonly #lookup: { readonly lookup?: LookupFunction };

  constructor(environment?: EnvironmentProxy, policy?: AddressPolicy) {
    this.#environment = environment;
    this.#lookup = policy === undefined ? {} : { lookup: policy.lookup };
  }

  /** A dispatcher for these settings; it must be released. Throws ProxyError for a proxy that is no URL. */
  acquire(tls: HttpTls | undefined, proxy: HttpProxy | undefined): AgentLease {
    const key = digest([
      tls?.ca,
      tls?.cert,
      tls?.key,
      tls?.skipVerify === true ? 'skip' : undefined,
      tls?.onlyCa === true ? 'only' : undefined,
      proxy?.url,
      proxy?.username,
      proxy?.password,
    ]);
    const shared = this.#agents.get(key) ?? { agent: this.#create(tls, proxy), users: 0 };
    this.#agents.delete(key);
    this.#agents.set(key, shared);
    shared.users += 1;
    let released = false;
    return {
      dispatcher: shared.agent,
      release: () => {
        if (!released) {
          released = true;
          shared.users -= 1;
          this.#closeIdle(maxIdleAgents);
        }
      },
    };
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    const agents = [...this.#agents.values()];
    this.#agents.clear();
    await Promise.all(agents.map(({ agent }) => agent.destroy()));
  }

  #closeIdle(keep: number): void {
    const idle = [...this.#agents].filter(([, { users }]) => users === 0);
    for (const [key, { agent }] of idle.slice(0, Math.max(0, idle.length - keep))) {
      this.#agents.delete(key);
      agent.destroy().catch(() => undefined);
    }
  }

  #create(tls: HttpTls | undefined, proxy: HttpProxy | undefined): Dispatcher {
    const connect = { ...tlsOptions(tls), ...this.#lookup, timeout: connectTimeoutMs, allowH2: false };
    const options = { ...timeouts, ...perOrigin, allowH2: false };
    if (proxy !== undefined) {
      return proxyAgent(proxy, options, connect, this.#lookup);
    }
    const environment = this.#environment;
    if (environment?.http !== undefined || environment?.https !== undefined) {
      return new EnvHttpProxyAgent({
        ...options,
        httpProxy: environment.http ?? '',
        httpsProxy: environment.https ?? '',
        noProxy: environment.no ?? '',
        connect,
        requestTls: connect,
      });
    }
    return new Agent({ ...options, connect });
  }
}

type ConnectOptions = ReturnType<typeof tlsOptions> & { readonly timeout: number; readonly allowH2: boolean };
type AgentOptions = typeof timeouts & typeof perOrigin & { readonly allowH2: boolean };

/** With a `lookup`, the proxy itself must not be where it leads away from either. */
function proxyAgent(
  proxy: HttpProxy,
  options: AgentOptions,
  connect: ConnectOptions,
  lookup: { readonly lookup?: LookupFunction },
): Dispatcher {
  if (!URL.canParse(proxy.url)) {
    throw new ProxyError('the proxy address is no URL');
  }
  const url = new URL(proxy.url);
  const username = proxy.username ?? decodeURIComponent(url.username);
  const password = proxy.password ?? decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  if (url.protocol === 'socks5:' || url.protocol === 'socks5h:') {
    url.protocol = 'socks5:';
    return new Socks5ProxyAgent(url, {
      ...options,
      requestTls: connect,
      ...(lookup.lookup === undefined ? {} : { connect: buildConnector({ ...lookup, timeout: connectTimeoutMs }) }),
      ...(username === '' ? {} : { username, password }),
    });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ProxyError(`the proxy scheme '${url.protocol.slice(0, -1)}' is not http, https or socks5`);
  }
  return new ProxyAgent({
    ...options,
    uri: url.href,
    requestTls: connect,
    proxyTls: lookup,
    ...(username === '' ? {} : { token: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }),
  });
}

function tlsOptions(tls: HttpTls | undefined) {
  return {
    ...(tls?.ca === undefined
      ? {}
      : { ca: [...(tls.onlyCa === true ? [] : getCACertificates('default')), text(tls.ca)] }),
    ...(tls?.cert === undefined ? {} : { cert: text(tls.cert) }),
    ...(tls?.key === undefined ? {} : { key: text(tls.key) }),
    ...(tls?.skipVerify === true ? { rejectUnauthorized: false } : {}),
  };
}

function text(pem: string | Uint8Array): string {
  return typeof pem === 'string' ? pem : Buffer.from(pem).toString('utf8');
}

function digest(parts: readonly (string | Uint8Array | undefined)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(part === undefined ? '-' : `+${Buffer.byteLength(part)}:`).update(part ?? '');
  }
  return hash.digest('hex');
}
