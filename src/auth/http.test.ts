import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { AuthError } from './auth-error.ts';
import { HttpCaller, jsonOf } from './http.ts';

describe('HttpCaller', () => {
  const caller = new HttpCaller();
  const signal = new AbortController().signal;
  let server: Server;
  let origin = '';
  before(async () => {
    server = createServer((request, response) => {
      if (request.url === '/huge') response.end('x'.repeat(2 << 20));
      else if (request.url === '/redirect') response.writeHead(302, { location: '/ok' }).end();
      else if (request.url !== '/silent') response.end(`${request.method} ${request.headers['x-a']}`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    await caller.close();
    server.closeAllConnections();
    server.close();
  });

  it('gives the answer, whatever its status, and follows no redirect', async () => {
    const call = { method: 'GET', url: `${origin}/ok`, headers: { 'x-a': 'b' }, reach: 'fixed', signal } as const;
    assert.equal((await caller.call(call)).body, 'GET b');
    assert.equal((await caller.call({ ...call, url: `${origin}/redirect` })).status, 302);
  });

  const refused: readonly { name: string; url: string; says: RegExp }[] = [
    { name: 'loopback', url: 'http://127.0.0.1:1/', says: /an address of the machine itself/ },
    { name: 'loopback in other clothes', url: 'http://0x7f.1/', says: /an address of the machine itself/ },
    { name: 'loopback of IPv6', url: 'http://[::1]/', says: /an address of the machine itself/ },
    { name: 'a mapped address', url: 'http://[::ffff:169.254.169.254]/', says: /an address of the machine itself/ },
    { name: 'the metadata service', url: 'http://169.254.169.254/latest', says: /an address of the machine itself/ },
    { name: 'a name that leads there', url: 'http://localhost:1/', says: /an address of the machine itself/ },
    { name: 'files', url: 'file:///etc/passwd', says: /neither https nor http/ },
    { name: 'rubbish', url: 'vault', says: /no URL/ },
  ];
  for (const { name, url, says } of refused) {
    it(`does not reach ${name} for a user`, async () => {
      await assert.rejects(caller.call({ method: 'GET', url, reach: 'user', signal }), (error) => {
        assert.ok(error instanceof AuthError);
        assert.match(error.message, says);
        return true;
      });
    });
  }

  it('bounds answers in size and time', async () => {
    const call = { method: 'GET', reach: 'fixed', signal } as const;
    await assert.rejects(caller.call({ ...call, url: `${origin}/huge` }), /larger than/);
    await assert.rejects(caller.call({ ...call, url: `${origin}/silent`, timeoutMs: 50 }), /no answer within/);
  });

  it('passes an abort on', async () => {
    const abort = new AbortController();
    const call = caller.call({ method: 'GET', url: `${origin}/silent`, reach: 'fixed', signal: abort.signal });
    abort.abort();
    await assert.rejects(call, { name: 'AbortError' });
  });
});

describe('jsonOf', () => {
  it('tells what a service says, without secrets', () => {
    const reply = { status: 400, headers: {}, body: '{"error":"bad client_secret hunter2"}' };
    assert.throws(() => jsonOf(reply, 'no token', ['hunter2']), {
      message: 'no token: HTTP 400: {"error":"bad client_secret *****"}',
    });
  });

  it('quotes no answer that is not JSON', () => {
    assert.throws(() => jsonOf({ status: 200, headers: {}, body: 'token=abc' }, 'no token'), {
      message: 'no token: the answer is not JSON',
    });
  });
});
