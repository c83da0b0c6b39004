import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Fault } from '../../test/gitserver/faults.ts';
import { GitServer } from '../../test/gitserver/git-server.ts';
import type { Repository } from '../../test/gitserver/repository.ts';
import { Authority } from '../../test/support/certificates.ts';
import { type Checkout, type CheckoutOptions, fetchTree } from './checkout.ts';
import { GitError } from './errors.ts';
import { type OpenOptions, openRemote } from './open.ts';
import { type GitReference, resolveRef } from './resolve.ts';
import { GitSessions } from './sessions.ts';

let server: GitServer;
let repository: Repository;
let names = 0;

before(async () => {
  server = await GitServer.start();
  repository = await server.create('repo');
  await repository.commit({ files: { 'a.txt': 'one', 'dir/b.txt': 'two '.repeat(100) } });
  await repository.tag('v1.0.0', { message: 'annotated' });
});
after(() => server.stop());

interface Asked extends Partial<OpenOptions> {
  readonly ref?: GitReference;
  readonly checkout?: CheckoutOptions;
}

/** Resolves and fetches, as a reconcile does. */
async function clone(url: string, asked: Asked = {}): Promise<Checkout> {
  const { ref = { branch: 'main' }, checkout = {}, ...options } = asked;
  const remote = openRemote({ signal: AbortSignal.timeout(20_000), ...options, url });
  try {
    return await fetchTree(remote, await resolveRef(remote, ref), checkout);
  } finally {
    await remote.close();
  }
}

async function assertClones(url: string, asked: Asked = {}): Promise<void> {
  const { files } = await clone(url, asked);
  assert.deepEqual(
    files.map((file) => `${file.path} ${file.read().length}`),
    ['a.txt 3', 'dir/b.txt 400'],
  );
}

/** An HTTP server in front of the Git server, which may answer itself or change what passes. */
async function front(
  answer: (request: IncomingMessage, response: ServerResponse, pass: Pass) => void,
): Promise<{ url: string; [Symbol.asyncDispose](): Promise<void> }> {
  const proxy = createServer((request, response) => {
    const pass: Pass = ({ headers = {}, change = (body: Buffer) => body } = {}) => {
      const merged = { ...request.headers, ...headers };
      const kept = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
      const onward = httpRequest(`${server.url}${request.url}`, { method: request.method ?? 'GET', headers: kept });
      onward.on('response', async (reply) => {
        const body: Buffer[] = [];
        for await (const chunk of reply) {
          body.push(chunk);
        }
        const changed = change(Buffer.concat(body), response);
        const { 'content-length': _length, 'transfer-encoding': _encoding, ...rest } = reply.headers;
        response.writeHead(reply.statusCode ?? 500, rest).end(changed);
      });
      request.pipe(onward);
    };
    answer(request, response, pass);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}

type Pass = (options?: {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly change?: (body: Buffer, response: ServerResponse) => Buffer;
}) => void;

describe('authentication', () => {
  let guarded: Repository;
  const secret = 'p@ss:wörd';
  before(async () => {
    guarded = await server.create('guarded', { access: { username: 'user', password: secret } });
    await guarded.commit({ files: { 'a.txt': 'one', 'dir/b.txt': 'two '.repeat(100) } });
  });

  it('sends basic credentials', () => assertClones(guarded.url, { auth: { username: 'user', password: secret } }));

  it('takes them from the URL', async () => {
    const url = new URL(guarded.url);
    url.username = 'user';
    url.password = secret;
    await assertClones(url.href);
  });

  it('sends a bearer token', async () => {
    const tokens = await server.create('tokens', { access: { bearer: 'abc.def' } });
    await tokens.commit({ files: { 'a.txt': 'one', 'dir/b.txt': 'two '.repeat(100) } });
    await assertClones(tokens.url, { auth: { bearerToken: 'abc.def' } });
    await assert.rejects(clone(tokens.url, { auth: { bearerToken: 'abc.xyz' } }), { code: 'AuthenticationFailed' });
  });

  const wrong: readonly (OpenOptions['auth'] | undefined)[] = [
    undefined,
    { username: 'user', password: 'not-it-at-all' },
  ];
  for (const auth of wrong) {
    it(`fails with ${auth === undefined ? 'none' : 'others'}, and keeps them to itself`, async () => {
      await assert.rejects(clone(guarded.url, auth === undefined ? {} : { auth }), (error: Error) => {
        assert.ok(error instanceof GitError);
        assert.equal(error.code, 'AuthenticationFailed');
        assert.equal(
          error.message,
          `unable to clone '${guarded.url}': authentication required: authentication required`,
        );
        return true;
      });
    });
  }

  it('never shows what a server gives back', async () => {
    await using mirror = await front((request, response) => {
      response.writeHead(403, { 'content-type': 'text/plain' }).end(`no: ${request.headers.authorization} ${secret}`);
    });
    await assert.rejects(
      clone(`${mirror.url}/repo`, { auth: { username: 'user', password: secret } }),
      (error: Error) => {
        const shown = `${error.message} ${error.stack}`;
        assert.doesNotMatch(shown, /p@ss|dXNlcjp/);
        return (error as GitError).code === 'AuthenticationFailed';
      },
    );
  });

  it('does not show credentials of a URL', async () => {
    await assert.rejects(clone('http://user:hidden@127.0.0.1:1/x'), (error: Error) => {
      assert.doesNotMatch(error.message, /hidden|user/);
      return true;
    });
  });

  it('refuses a token that would break the header', async () => {
    await assert.rejects(clone(guarded.url, { auth: { bearerToken: 'a\r\nX: y' } }), { code: 'AuthenticationFailed' });
  });
});

describe('addresses', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['ssh://git@example.com/x', 'UnsupportedTransport'],
    ['git@example.com:x', 'InvalidURL'],
    ['file:///etc', 'UnsupportedTransport'],
    ['not a url', 'InvalidURL'],
  ];
  for (const [url, code] of cases) {
    it(`refuses ${url}`, async () => assert.rejects(clone(url), { name: 'GitError', code }));
  }

  it('says in the words of Go that nothing listens', async () => {
    await assert.rejects(clone('http://127.0.0.1:1/x'), {
      code: 'NetworkError',
      message:
        'unable to clone \'http://127.0.0.1:1/x\': Get "http://127.0.0.1:1/x/info/refs?service=git-upload-pack": dial tcp 127.0.0.1:1: connect: connection refused',
    });
  });

  it('says that a host does not exist', async () => {
    await assert.rejects(clone('http://nowhere.invalid/x'), {
      code: 'NetworkError',
      message: /lookup nowhere\.invalid: /,
    });
  });

  it('takes a slash at the end', () => assertClones(`${repository.url}/`));
});

describe('a server that fails', () => {
  const cases: readonly { name: string; fault: Fault; code: string; message?: RegExp }[] = [
    {
      name: '500',
      fault: { kind: 'status', status: 500 },
      code: 'ServerError',
      message: /unexpected requesting "http:.*" status code: 500$/,
    },
    { name: '503 later', fault: { kind: 'status', status: 503, only: 'git-upload-pack' }, code: 'ServerError' },
    {
      name: '403',
      fault: { kind: 'status', status: 403, body: 'no access\n' },
      code: 'AuthenticationFailed',
      message: /authorization failed: no access$/,
    },
    {
      name: '404',
      fault: { kind: 'status', status: 404, body: 'gone' },
      code: 'RepositoryNotFound',
      message: /repository not found: gone$/,
    },
    { name: '204', fault: { kind: 'status', status: 204 }, code: 'ServerError' },
    { name: 'a closed connection', fault: { kind: 'reset' }, code: 'NetworkError' },
    { name: 'a closed connection later', fault: { kind: 'reset', only: 'git-upload-pack' }, code: 'NetworkError' },
  ];
  for (const { name, fault, code, message } of cases) {
    it(`${name}: ${code}`, async () => {
      const failing = await server.create(`failing-${++names}`);
      await failing.commit();
      failing.fault = fault;
      await assert.rejects(clone(failing.url), (error: Error) => {
        assert.ok(error instanceof GitError, String(error));
        assert.equal(error.code, code);
        assert.match(error.message, message ?? /^unable to clone '/);
        return true;
      });
    });
  }

  it('answers with a page', async () => {
    await using page = await front((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>Sign in</html>');
    });
    await assert.rejects(clone(`${page.url}/repo`), {
      code: 'ProtocolError',
      message: /text\/html.*expected 'application\/x-git-upload-pack-advertisement'/,
    });
  });

  it('has only dumb HTTP', async () => {
    await using dumb = await front((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).end(`${'1'.repeat(40)}\trefs/heads/main\n`);
    });
    await assert.rejects(clone(`${dumb.url}/repo`), { code: 'ProtocolError', message: /no smart HTTP/ });
  });

  for (const kind of ['hang', 'stall'] as const) {
    for (const only of ['info/refs', 'git-upload-pack'] as const) {
      it(`ends with its signal: ${kind} in ${only}`, async () => {
        const slow = await server.create(`slow-${++names}`);
        await slow.commit();
        slow.fault = kind === 'hang' ? { kind, only } : { kind, only, afterBytes: 10 };
        const started = performance.now();
        await assert.rejects(clone(slow.url, { signal: AbortSignal.timeout(150) }), {
          code: 'Timeout',
          message: /^unable to clone '.*': (?:Get|Post) "http:.*": context deadline exceeded$/,
        });
        const stop = new AbortController();
        const canceled = clone(slow.url, { signal: stop.signal });
        setImmediate(() => stop.abort());
        await assert.rejects(canceled, { code: 'Canceled' });
        assert.ok(performance.now() - started < 5000);
      });
    }
  }

  it('is slow but sound', async () => {
    const slow = await server.create(`slow-${++names}`);
    await slow.commit({ files: { 'a.txt': 'one', 'dir/b.txt': 'two '.repeat(100) } });
    slow.fault = { kind: 'drip', bytesPerSecond: 4000 };
    await assertClones(slow.url);
  });

  for (const clean of [true, false]) {
    it(`cuts answers short anywhere, as if that was all: ${clean}`, async () => {
      const cut = await server.create(`cut-${++names}`);
      await cut.commit({ files: { 'a.txt': 'one' } });
      for (const only of ['info/refs', 'git-upload-pack'] as const) {
        for (let afterBytes = 0; afterBytes < 90; afterBytes += only === 'info/refs' ? 13 : 3) {
          cut.fault = { kind: 'truncate', afterBytes, clean, only };
          await assert.rejects(clone(cut.url), (error: Error) => {
            assert.ok(error instanceof GitError, String(error));
            assert.ok(['ProtocolError', 'NetworkError', 'CorruptData'].includes(error.code), error.message);
            return true;
          });
        }
      }
    });
  }

  it('changes any byte of a pack', async () => {
    const changed = await server.create(`changed-${++names}`);
    const commit = await changed.commit({ files: { 'a.txt': 'one' } });
    for (let atByte = 0; atByte < 300; atByte += 5) {
      changed.fault = undefined;
      const remote = openRemote({ url: changed.url, signal: AbortSignal.timeout(20_000) });
      try {
        const resolved = await resolveRef(remote, { branch: 'main' });
        changed.fault = { kind: 'corrupt', atByte };
        const result = await fetchTree(remote, resolved).catch((error: unknown) => error);
        if (result instanceof Error) {
          assert.ok(result instanceof GitError, String(result));
        } else {
          // A byte of progress, or of a line's end, carries nothing.
          const { files } = result as Checkout;
          assert.deepEqual(
            files.map((file) => Buffer.from(file.read()).toString()),
            ['one'],
          );
          assert.equal((result as Checkout).commit.oid, commit);
        }
      } finally {
        await remote.close();
      }
    }
  });
});

describe('redirects', () => {
  const auth = { username: 'user', password: 'top-secret' };

  it('are followed to another path, with credentials', async () => {
    const seen: (string | undefined)[] = [];
    await using moving = await front((request, response, pass) => {
      seen.push(request.headers.authorization);
      if (request.url?.startsWith('/old/') === true) {
        response.writeHead(301, { location: request.url.replace('/old/', '/repo/') }).end();
      } else {
        pass();
      }
    });
    await assertClones(`${moving.url}/old`, { auth });
    assert.equal(seen.length, 4);
    assert.ok(seen.every((header) => header !== undefined));
  });

  it('to another host never carry credentials, nor does what follows', async () => {
    const before = server.requests.length;
    await using leading = await front((request, response) => {
      response.writeHead(302, { location: `${server.url}${request.url}` }).end();
    });
    await assertClones(`${leading.url}/repo`, { auth });
    const requests = server.requests.slice(before);
    assert.equal(requests.length, 3);
    assert.deepEqual(
      requests.filter(({ authorization }) => authorization !== undefined),
      [],
    );
  });

  it('are remembered with the fate of the credentials', async () => {
    await using leading = await front((request, response) => {
      response.writeHead(302, { location: `${server.url}${request.url}` }).end();
    });
    const sessions = new GitSessions();
    await assertClones(`${leading.url}/repo`, { auth, sessions });
    const before = server.requests.length;
    await assertClones(`${leading.url}/repo`, { auth, sessions });
    const requests = server.requests.slice(before);
    assert.deepEqual(
      requests.map(({ service }) => service),
      ['git-upload-pack', 'git-upload-pack'],
    );
    assert.deepEqual(
      requests.filter(({ authorization }) => authorization !== undefined),
      [],
    );
    await sessions.close();
  });

  it('say why the credentials did not help', async () => {
    const guarded = await server.create(`guarded-${++names}`, { access: auth });
    await guarded.commit();
    await using leading = await front((_request, response) => {
      response.writeHead(302, { location: `${guarded.url}/info/refs?service=git-upload-pack` }).end();
    });
    await assert.rejects(clone(`${leading.url}/x`, { auth }), {
      code: 'AuthenticationFailed',
      message: /credentials were not sent/,
    });
  });

  const refused: readonly { name: string; location: string; message: RegExp }[] = [
    { name: 'in a circle', location: '/x/info/refs', message: /more than 10 redirects/ },
    {
      name: 'to something else',
      location: 'http://127.0.0.1:1/login?next=/x',
      message: /does not end with \/info\/refs/,
    },
    {
      name: 'to another scheme',
      location: 'ftp://127.0.0.1/x/info/refs',
      message: /changes scheme from "http" to "ftp"/,
    },
    { name: 'to no URL', location: 'http://[', message: /is no URL/ },
  ];
  for (const { name, location, message } of refused) {
    it(`are refused ${name}`, async () => {
      await using leading = await front((_request, response) => {
        response.writeHead(302, { location }).end();
      });
      await assert.rejects(clone(`${leading.url}/x`, { auth }), { code: 'RedirectRefused', message });
    });
  }

  it('are refused after discovery', async () => {
    await using leading = await front((request, response, pass) => {
      if (request.method === 'POST') {
        response.writeHead(307, { location: `${server.url}${request.url}` }).end();
      } else {
        pass();
      }
    });
    await assert.rejects(clone(`${leading.url}/repo`, { auth }), { code: 'RedirectRefused' });
  });
});

describe('TLS', () => {
  let authority: Authority;
  let secure: GitServer;
  let secured: Repository;
  before(async () => {
    authority = await Authority.create('test');
    secure = await GitServer.start({ tls: await authority.issueServer('git'), clientCa: authority.certificate });
    secured = await secure.create('repo');
    await secured.commit({ files: { 'a.txt': 'one', 'dir/b.txt': 'two '.repeat(100) } });
  });
  after(() => secure.stop());

  it('trusts the authority that is given, and shows the certificate', async () => {
    const client = await authority.issueClient({ commonName: 'reader' });
    const tls = { ca: authority.certificate, cert: client.certificate, key: client.key };
    await assertClones(secured.url, { tls });
    await assert.rejects(clone(secured.url, { tls: { ca: authority.certificate } }), { code: 'NetworkError' });
    await assert.rejects(clone(secured.url), {
      code: 'NetworkError',
      message: /certificate signed by unknown authority/,
    });
  });

  it('never goes back to plain HTTP', async () => {
    const open = await GitServer.start({ tls: await authority.issueServer('git') });
    const leading = await open.create('repo');
    leading.fault = { kind: 'redirect', to: server.url };
    await assert.rejects(clone(leading.url, { tls: { ca: authority.certificate } }), {
      code: 'RedirectRefused',
      message: /changes scheme from "https" to "http"/,
    });
    await open.stop();
  });

  it('does not show the client certificate to another host', async () => {
    const client = await authority.issueClient({ commonName: 'reader' });
    const tls = { ca: authority.certificate, cert: client.certificate, key: client.key };
    await using leading = await front((_request, response) => {
      response.writeHead(302, { location: `${secured.url}/info/refs?service=git-upload-pack` }).end();
    });
    await assert.rejects(clone(`${leading.url}/x`, { tls }), { code: 'NetworkError' });
  });

  it('goes through a proxy, which is told its own credentials only', async () => {
    const seen: (string | undefined)[] = [];
    const proxy = createServer();
    proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
      seen.push(`${request.url} ${request.headers['proxy-authorization']} ${request.headers.authorization}`);
      const [host = '', port = ''] = (request.url ?? '').split(':');
      const onward = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const client = await authority.issueClient({ commonName: 'reader' });
    const tls = { ca: authority.certificate, cert: client.certificate, key: client.key };
    const auth = { bearerToken: 'for-the-server' };
    await assertClones(secured.url, { tls, auth, proxy: { url, username: 'p', password: 'q' } });
    const basic = `Basic ${Buffer.from('p:q').toString('base64')}`;
    assert.ok(seen.length > 0);
    assert.deepEqual([...new Set(seen)], [`${new URL(secured.url).host} ${basic} undefined`]);
    proxy.closeAllConnections();
    proxy.close();
  });
});

describe('a proxy for plain HTTP', () => {
  /** Forwards requests in absolute form, as RFC 9112 has it, or the CONNECT of a client that tunnels all the same. */
  const forwarding = (seen: string[]) =>
    front((request, response, pass) => {
      seen.push(`${request.url} ${request.headers['proxy-authorization']}`);
      request.url = new URL(request.url ?? '', server.url).pathname + new URL(request.url ?? '', server.url).search;
      pass({ headers: { 'proxy-authorization': undefined } });
      response.on('error', () => undefined);
    });

  it('is used when the remote has one', async () => {
    const seen: string[] = [];
    await using proxy = await forwarding(seen);
    await assertClones('http://git.invalid/repo', { proxy: { url: proxy.url.replace('://', '://p:q@') } });
    const basic = `Basic ${Buffer.from('p:q').toString('base64')}`;
    assert.equal(seen[0], `http://git.invalid/repo/info/refs?service=git-upload-pack ${basic}`);
  });

  it('is taken from the environment, except where it is not to be used', async () => {
    const seen: string[] = [];
    await using proxy = await forwarding(seen);
    const sessions = new GitSessions({ environmentProxy: { http: proxy.url, no: '127.0.0.1' } });
    await assertClones('http://git.invalid/repo', { sessions });
    assert.equal(seen.length, 3);
    await assertClones(repository.url, { sessions });
    assert.equal(seen.length, 3);
    await sessions.close();
  });

  it('that is down is an error without its credentials', async () => {
    await assert.rejects(
      clone('http://git.invalid/repo', { proxy: { url: 'http://p:hidden@127.0.0.1:1' } }),
      (error: Error) => {
        assert.equal((error as GitError).code, 'NetworkError');
        assert.doesNotMatch(error.message, /hidden/);
        return true;
      },
    );
  });

  for (const url of ['no url', 'ftp://127.0.0.1:1']) {
    it(`is refused: ${url}`, () =>
      assert.rejects(clone('http://git.invalid/x', { proxy: { url } }), { code: 'InvalidURL' }));
  }
});

describe('other answers', () => {
  const withoutVersion2 = (_request: IncomingMessage, _response: ServerResponse, pass: Pass): void =>
    pass({ headers: { 'git-protocol': undefined } });

  it('of protocol version 0', async () => {
    await using old = await front(withoutVersion2);
    await assertClones(`${old.url}/repo`);
    await assertClones(`${old.url}/repo`, { ref: { tag: 'v1.0.0' } });
    await assertClones(`${old.url}/repo`, { ref: { semver: '1.x' } });
    await assertClones(`${old.url}/repo`, { ref: { name: 'HEAD' } });
    const sparse = await clone(`${old.url}/repo`, { ref: { tag: 'v1.0.0' } });
    assert.equal(sparse.tag?.message, 'annotated\n');
  });

  it('of protocol version 1', async () => {
    await using old = await front((_request, _response, pass) => pass({ headers: { 'git-protocol': 'version=1' } }));
    await assertClones(`${old.url}/repo`);
  });

  it('of protocol version 0, empty or with pinned commits', async () => {
    await using old = await front(withoutVersion2);
    await server.create('nothing');
    await assert.rejects(clone(`${old.url}/nothing`), { code: 'EmptyRepository' });
    const history = await server.create('history');
    const first = await history.commit({ files: { a: '1' } });
    await history.commit({ files: { a: '2' } });
    const { commit } = await clone(`${old.url}/history`, { ref: { commit: first, branch: 'main' } });
    assert.equal(commit.oid, first);
  });

  it('that are compressed', async () => {
    await using zipping = await front((_request, _response, pass) =>
      pass({
        change: (body, response) => {
          response.setHeader('content-encoding', 'gzip');
          return gzipSync(body);
        },
      }),
    );
    await assertClones(`${zipping.url}/repo`);
  });

  it('that are encoded in a way nobody asked for', async () => {
    await using odd = await front((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'br' }).end('x');
    });
    await assert.rejects(clone(`${odd.url}/repo`), { code: 'ProtocolError', message: /content encoding 'br'/ });
  });
});
