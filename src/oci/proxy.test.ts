import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, it } from 'node:test';
import { ScriptedServer } from '../../test/registry/scripted-server.ts';
import { Authority } from '../../test/support/certificates.ts';
import { RegistryClient } from './registry-client.ts';
import { RegistrySessions } from './sessions.ts';

const signal = AbortSignal.timeout(60_000);

/** A proxy that remembers whom it was asked for, and by what. */
async function startProxy() {
  const seen: string[] = [];
  const proxy = createServer((incoming, response) => {
    // Plain HTTP is asked for in absolute form.
    const { host, pathname, port } = new URL(incoming.url ?? '');
    seen.push(`${host} ${incoming.headers['proxy-authorization']} undefined`);
    const { 'proxy-authorization': _, ...headers } = incoming.headers;
    const onward = request(
      { host: 'localhost', port, path: pathname, method: incoming.method ?? '', headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    onward.end();
  });
  proxy.on('connect', ({ url, headers }, socket) => {
    seen.push(`${url} ${headers['proxy-authorization']} ${headers.authorization}`);
    const upstream = connect(Number(url?.split(':').at(-1)), 'localhost', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [upstream, socket]) end.on('error', () => end.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    seen,
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}

describe('a registry behind a proxy', () => {
  for (const tls of [true, false]) {
    it(`is asked through it, ${tls ? 'with' : 'without'} TLS`, async () => {
      const authority = await Authority.create('registry-test');
      await using proxy = await startProxy();
      await using server = await ScriptedServer.start(
        (_request, response) => {
          const head = { 'content-type': 'x', 'docker-content-digest': `sha256:${'a'.repeat(64)}` };
          response.writeHead(200, head).end();
        },
        tls ? await authority.issueServer('registry') : undefined,
      );
      const sessions = new RegistrySessions();
      const client = new RegistryClient({
        sessions,
        credentials: async () => ({ username: 'robot', password: 'secret' }),
        proxy: { url: proxy.url, username: 'p', password: 'q' },
        tls: { ca: authority.certificate },
      });
      const registry = `localhost:${server.port}`;
      await client.resolve({ registry, path: 'org/app' }, 'v1', signal);
      assert.equal(server.requests.at(-1)?.authorization, `Basic ${Buffer.from('robot:secret').toString('base64')}`);
      client.close();
      await sessions.close();
      const token = `Basic ${Buffer.from('p:q').toString('base64')}`;
      assert.ok(proxy.seen.length > 0);
      for (const line of proxy.seen) assert.equal(line, `${registry} ${token} undefined`);
    });
  }

  it('is told apart from a proxy that is away', async () => {
    const sessions = new RegistrySessions();
    const client = new RegistryClient({ sessions, proxy: { url: 'http://127.0.0.1:1' } });
    await assert.rejects(client.resolve({ registry: 'registry.example.org', path: 'org/app' }, 'v1', signal), {
      message:
        'Get "https://registry.example.org/v2/": proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused',
    });
    client.close();
    await sessions.close();
  });
});
