import { buildConnector, type Dispatcher, Pool, ProxyAgent, Socks5ProxyAgent } from 'undici';
import type { Connection, TlsMaterial } from './connection.ts';

/** kube-apiserver closes idle connections after 90 s; ours are gone earlier, so that no request meets the closing. */
const keepAliveMs = 60_000;
const connectTimeoutMs = 10_000;
/** How many connections, of which protocol. */
export interface PoolShape {
  readonly connections?: number;
  readonly allowH2: boolean;
}

/** Connections to a server, directly or through the proxy that the connection names. */
export function dispatcherFor(connection: Connection, url: URL, shape: PoolShape): Dispatcher {
  const options = {
    ...shape,
    connections: shape.connections ?? null,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    // One event of a watch may fill a window; a larger one saves round trips on the first list.
    h2Options: { settings: { initialWindowSize: 1 << 20 }, connectionWindowSize: 4 << 20 },
  };
  const { proxyUrl } = connection;
  if (proxyUrl === undefined)
    return new Pool(url.origin, { ...options, connect: reloadingConnector(connection, shape) });
  const requestTls = tlsOptions(connection.tls());
  if (/^socks5h?:/.test(proxyUrl)) return new Socks5ProxyAgent(proxyUrl, { ...options, requestTls });
  return new ProxyAgent({ ...options, uri: proxyUrl, requestTls });
}

/** A connector that takes up new TLS material with the next connection. */
function reloadingConnector(connection: Connection, shape: PoolShape): buildConnector.connector {
  let material: TlsMaterial | undefined;
  let connect: buildConnector.connector | undefined;
  return (target, callback) => {
    const current = connection.tls();
    if (connect === undefined || current !== material) {
      material = current;
      connect = buildConnector({
        ...tlsOptions(current),
        ...(connection.lookup === undefined ? {} : { lookup: connection.lookup }),
        allowH2: shape.allowH2,
        timeout: connectTimeoutMs,
      });
    }
    connect(target, callback);
  };
}

function tlsOptions(tls: TlsMaterial): buildConnector.BuildOptions {
  return {
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    ...(tls.insecure === true ? { rejectUnauthorized: false } : {}),
  };
}
