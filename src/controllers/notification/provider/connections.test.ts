import assert from 'node:assert/strict';
import { createServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { Authority, type KeyPair } from '../../../../test/support/certificates.ts';
import { metadataServicesAnd } from '../../../auth/address-guard.ts';
import type { Clock } from '../../../lib/clock.ts';
import { HttpAgents } from '../../../net/http-agents.ts';
import { NotifierHttp, type Route } from './http.ts';

const hasty: Clock = {
  now: () => 0,
  setTimeout(fn) {
    const timer = setImmediate(fn);
    return { cancel: () => clearImmediate(timer) };
  },
};

function portOf(server: Server | HttpServer): number {
  return (server.address() as AddressInfo).port;
}

async function listening<T extends Server | HttpServer>(server: T): Promise<T> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe('connections to services', () => {
  let authority: Authority;
  let client: KeyPair;
  let service: HttpServer;
  let proxy: HttpServer;
  let asked: string[];
  const guard = metadataServicesAnd([]);
  const agents = new HttpAgents(undefined, { lookup: guard.lookup, allows: () => true });
  const http = new NotifierHttp({ agents, guard, clock: hasty, random: () => 0 });

  before(async () => {
    authority = await Authority.create('test');
    client = await authority.issueClient({ commonName: 'flux' });
    const { certificate: cert, key } = await authority.issueServer('service');
    const options = { cert, key, ca: authority.certificate, requestCert: true, rejectUnauthorized: false };
    service = await listening(
      createHttpsServer(options, (request, response) => {
        const { authorized } = request.socket as TLSSocket;
        response.writeHead(authorized || request.url === '/open' ? 200 : 403).end('who are you');
      }),
    );
    proxy = await listening(
      createServer().on('connect', (request, socket) => {
        asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`);
        const through = connect(portOf(service), '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
          through.pipe(socket).pipe(through);
        });
        through.on('error', () => socket.destroy());
        socket.on('error', () => through.destroy());
      }),
    );
  });

  after(async () => {
    await agents.close();
    for (const server of [service, proxy]) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function outcome(path: string, route: Omit<Route, 'secrets'>, host = '127.0.0.1'): Promise<string> {
    asked = [];
    const call = { method: 'POST', url: `https://${host}:${portOf(service)}${path}`, body: '{}', once: true } as const;
    try {
      return String((await http.succeed(call, { ...route, secrets: [] }, new AbortController().signal)).status);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  it('an authority that nobody trusts is refused', async () => {
    assert.match(
      await outcome('/open', {}),
      /tls: failed to verify certificate: x509: certificate signed by unknown authority$/,
    );
  });

  it('an authority of the Secret is trusted', async () => {
    assert.equal(await outcome('/open', { tls: { ca: authority.certificate, onlyCa: true } }), '200');
  });

  it('a client certificate proves who we are, to those who were given it only', async () => {
    const tls = { ca: authority.certificate, onlyCa: true };
    assert.equal(await outcome('/', { tls: { ...tls, cert: client.certificate, key: client.key } }), '200');
    assert.match(await outcome('/', { tls }), /status code 403: who are you$/);
  });

  it('a proxy is asked for the way, by its own name and password', async () => {
    const url = `http://127.0.0.1:${portOf(proxy)}`;
    const tls = { ca: authority.certificate, onlyCa: true };
    assert.equal(await outcome('/open', { tls, proxy: { url, username: 'u', password: 'p' } }, 'localhost'), '200');
    assert.deepEqual(asked, [`localhost:${portOf(service)} Basic dTpw`]);
  });

  it('a proxy that is none is told without its address', async () => {
    const said = await outcome('/open', { proxy: { url: 'ftp://u:secret@127.0.0.1' } });
    assert.match(said, /the proxy scheme 'ftp' is not http, https or socks5$/);
    assert.doesNotMatch(said, /secret/);
  });
});
