import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { before, describe, it } from 'node:test';
import { type Script, ScriptedServer } from '../../test/registry/scripted-server.ts';
import { Authority } from '../../test/support/certificates.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { Credentials } from './credentials.ts';
import { OciError, type OciErrorCode } from './oci-error.ts';
import { RegistryClient, type RegistryClientOptions } from './registry-client.ts';
import { RegistrySessions } from './sessions.ts';

const signal = AbortSignal.timeout(60_000);
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';
const user = { username: 'robot', password: 'hunter2hunter2' };
const basic = `Basic ${Buffer.from('robot:hunter2hunter2').toString('base64')}`;

function digestOf(bytes: string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function send(response: ServerResponse, status: number, body = '', headers: Record<string, string> = {}): void {
  response.writeHead(status, headers).end(body);
}

/** A script that lets everybody in and answers paths below `/v2/org/app/`. */
function answering(answers: Readonly<Record<string, Script>>): Script {
  return (request, response) => {
    if (request.path === '/v2/') return send(response, 200);
    const [path = ''] = request.path.replace('/v2/org/app/', '').split('?');
    const answer = answers[`${request.method} ${path}`] ?? answers[path];
    if (answer === undefined) send(response, 404, '{"errors":[{"code":"NAME_UNKNOWN","message":"none"}]}');
    else answer(request, response);
  };
}

function manifest(body: string, type = manifestType): Script {
  return (_request, response) =>
    send(response, 200, body, { 'content-type': type, 'docker-content-digest': digestOf(body) });
}

async function rejected(promise: Promise<unknown>, code: OciErrorCode, says: RegExp): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof OciError);
    assert.match(error.message, says);
    assert.equal(error.code, code, error.message);
    return true;
  });
}

async function drain(content: Promise<AsyncIterable<Uint8Array>>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await content) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('RegistryClient', { concurrency: true }, () => {
  const open = (server: ScriptedServer, options: Partial<RegistryClientOptions> = {}, host = 'localhost') => {
    const sessions = options.sessions ?? new RegistrySessions();
    const client = new RegistryClient({ ...options, sessions });
    return {
      client,
      repository: { registry: `${host}:${server.port}`, path: 'org/app' },
      async [Symbol.asyncDispose]() {
        client.close();
        await sessions.close();
      },
    };
  };
  const withUser = async (): Promise<Credentials> => user;

  describe('resolving', { concurrency: true }, () => {
    it('takes a HEAD that tells all', async () => {
      await using server = await ScriptedServer.start(answering({ 'manifests/v1': manifest('{}') }));
      await using opened = open(server);
      const { digest } = await opened.client.resolve(opened.repository, 'v1', signal);
      assert.equal(digest, digestOf('{}'));
      assert.deepEqual(server.log, ['GET /v2/', 'HEAD /v2/org/app/manifests/v1']);
    });

    for (const [name, head] of [
      ['has no digest', (_: unknown, response: ServerResponse) => send(response, 200, '', { 'content-type': 'x' })],
      ['is not allowed', (_: unknown, response: ServerResponse) => send(response, 405)],
      [
        'has a digest that is none',
        (_: unknown, response: ServerResponse) =>
          send(response, 200, '', { 'content-type': 'x', 'docker-content-digest': 'sha256:../..' }),
      ],
    ] as const) {
      it(`gets the manifest when the HEAD ${name}`, async () => {
        await using server = await ScriptedServer.start(
          answering({ 'HEAD manifests/v1': head, 'GET manifests/v1': manifest('{}') }),
        );
        await using opened = open(server);
        assert.deepEqual(await opened.client.resolve(opened.repository, 'v1', signal), {
          digest: digestOf('{}'),
          mediaType: manifestType,
          size: 2,
        });
      });
    }

    it('tells what a registry says, and nothing of what it was told', async () => {
      const echo: Script = ({ authorization = '' }, response) =>
        send(
          response,
          403,
          `{"errors":[{"code":"DENIED","message":"no","detail":{"b":["${authorization}"],"a":null}}]}`,
        );
      await using server = await ScriptedServer.start(answering({ 'manifests/v1': echo }));
      await using opened = open(server, { credentials: withUser });
      await assert.rejects(opened.client.resolve(opened.repository, 'v1', signal), ({ message }: Error) => {
        assert.match(
          message,
          /^GET http:\/\/localhost:\d+\/v2\/org\/app\/manifests\/v1: DENIED: no; map\[a:<nil> b:\[/,
        );
        assert.ok(!message.includes(basic.slice(6)) && !message.includes(user.password));
        return true;
      });
    });
  });

  describe('reading', { concurrency: true }, () => {
    const content = 'x'.repeat(1000);
    const blob = { digest: digestOf(content), size: 1000 };
    const serving = (body: string, headers: Record<string, string> = {}): Script =>
      answering({ [`blobs/${blob.digest}`]: (_request, response) => send(response, 200, body, headers) });

    it('gives the whole of a blob', async () => {
      await using server = await ScriptedServer.start(serving(content));
      await using opened = open(server);
      const read = opened.client.blob(opened.repository, blob, signal, { maxBytes: 1000 });
      assert.equal(await drain(read), content);
    });

    const broken: readonly { name: string; script: Script; maxBytes?: number; code: OciErrorCode; says: RegExp }[] = [
      {
        name: 'has other content of the same length',
        script: serving('y'.repeat(1000)),
        code: 'DigestMismatch',
        says: /error verifying sha256 checksum after reading 1000 bytes/,
      },
      { name: 'is shorter than promised', script: serving('x'), code: 'DigestMismatch', says: /has 1 bytes, but/ },
      {
        name: 'is longer than promised, without saying so',
        script: answering({
          [`blobs/${blob.digest}`]: (_request, response) => {
            response.writeHead(200);
            response.write(content);
            response.end(content);
          },
        }),
        code: 'DigestMismatch',
        says: /has \d+ bytes, but its manifest says 1000/,
      },
      {
        name: 'is too large',
        script: serving(content),
        maxBytes: 999,
        code: 'TooLarge',
        says: /larger than 999 bytes/,
      },
      {
        name: 'breaks off',
        script: answering({
          [`blobs/${blob.digest}`]: (_request, response) => {
            response.writeHead(200, { 'content-length': '1000' });
            response.write('x', () => response.socket?.end());
          },
        }),
        code: 'NetworkError',
        says: /^Get "http:\/\/localhost:\d+\/v2\/org\/app\/blobs\/sha256:[0-9a-f]+": (?:unexpected EOF|connection reset by peer)$/,
      },
      { name: 'is not there', script: answering({}), code: 'NotFound', says: /NAME_UNKNOWN: none/ },
    ];
    for (const { name, script, maxBytes = 2000, code, says } of broken) {
      it(`refuses a blob that ${name}`, async () => {
        await using server = await ScriptedServer.start(script);
        await using opened = open(server);
        await rejected(drain(opened.client.blob(opened.repository, blob, signal, { maxBytes })), code, says);
      });
    }

    it('asks for the rest of a blob whose connection breaks', async () => {
      const asked: (string | undefined)[] = [];
      const script = answering({
        [`blobs/${blob.digest}`]: ({ range }, response) => {
          asked.push(range);
          const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
          const part = content.slice(from, from + 400);
          const length = String(content.length - from);
          response.writeHead(from === 0 ? 200 : 206, {
            'content-length': length,
            ...(from === 0 ? {} : { 'content-range': `bytes ${from}-999/1000` }),
          });
          if (from + part.length === content.length) response.end(part);
          else response.write(part, () => response.socket?.end());
        },
      });
      await using server = await ScriptedServer.start(script);
      await using opened = open(server);
      assert.equal(await drain(opened.client.blob(opened.repository, blob, signal, { maxBytes: 1000 })), content);
      assert.deepEqual(asked, [undefined, 'bytes=400-', 'bytes=800-']);
    });

    it('takes no other part than the one it asked for', async () => {
      const script = answering({
        [`blobs/${blob.digest}`]: ({ range }, response) => {
          const from = range === undefined ? 0 : 1;
          response.writeHead(from === 0 ? 200 : 206, { 'content-length': '1000', 'content-range': 'bytes 0-999/1000' });
          response.write('x', () => response.socket?.end());
        },
      });
      await using server = await ScriptedServer.start(script);
      await using opened = open(server);
      const read = drain(opened.client.blob(opened.repository, blob, signal, { maxBytes: 1000 }));
      await rejected(read, 'NetworkError', /unexpected EOF|connection reset/);
    });

    const manifests: readonly { name: string; body: string; type?: string; code: OciErrorCode; says: RegExp }[] = [
      { name: 'is no JSON', body: '<html>', code: 'ProtocolError', says: /not JSON/ },
      { name: 'is no object', body: '[]', code: 'ProtocolError', says: /not a JSON object/ },
      { name: 'has layers that are none', body: '{"layers":{}}', code: 'ProtocolError', says: /'layers'/ },
      {
        name: 'has a layer without digest',
        body: '{"layers":[{"size":1}]}',
        code: 'ProtocolError',
        says: /descriptor/,
      },
      {
        name: 'has a digest that leads elsewhere',
        body: '{"layers":[{"digest":"sha256:../../x","size":1}]}',
        code: 'InvalidReference',
        says: /non-hex character/,
      },
      {
        name: 'has annotations that are not text',
        body: '{"layers":[],"annotations":{"a":1}}',
        code: 'ProtocolError',
        says: /annotations/,
      },
      {
        name: 'is of the time before 2017',
        body: '{}',
        type: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
        code: 'Unsupported',
        says: /unsupported MediaType/,
      },
      {
        name: 'lists itself',
        body: '{"manifests":[]}',
        type: indexType,
        code: 'NotFound',
        says: /no child with platform linux\/amd64 in index/,
      },
      { name: 'is endless', body: 'x'.repeat(5 << 20), code: 'TooLarge', says: /the manifest is larger than 4194304/ },
    ];
    for (const { name, body, type, code, says } of manifests) {
      it(`refuses a manifest that ${name}`, async () => {
        await using server = await ScriptedServer.start(answering({ 'manifests/v1': manifest(body, type) }));
        await using opened = open(server);
        await rejected(opened.client.image(opened.repository, 'v1', signal), code, says);
      });
    }

    it('refuses another manifest than the one asked for', async () => {
      const wanted = digestOf('{}');
      await using server = await ScriptedServer.start(answering({ [`manifests/${wanted}`]: manifest('{"a":1}') }));
      await using opened = open(server);
      await rejected(opened.client.manifest(opened.repository, wanted, signal), 'DigestMismatch', /does not match/);
    });

    it('asks for nothing that is no tag and no digest', async () => {
      await using server = await ScriptedServer.start(answering({}));
      await using opened = open(server);
      for (const reference of ['../x', 'a b', '', '-x', 'sha256:1', 'sha512:aa', `sha256:${'g'.repeat(64)}`]) {
        await rejected(opened.client.resolve(opened.repository, reference, signal), 'InvalidReference', /./);
      }
      assert.deepEqual(server.log, []);
    });
  });

  describe('listing tags', { concurrency: true }, () => {
    const page =
      (tags: readonly string[], link?: string): Script =>
      (_request, response) =>
        send(response, 200, JSON.stringify({ name: 'org/app', tags }), link === undefined ? {} : { link });

    it('follows pages, also relative ones', async () => {
      const script: Script = (request, response) => {
        if (request.path === '/v2/') return send(response, 200);
        const { searchParams } = new URL(request.path, 'http://x');
        const last = searchParams.get('last');
        if (last === null) return page(['a'], '</v2/org/app/tags/list?n=1&last=a>; rel="next"')(request, response);
        if (last === 'a') return page(['b'], `<list?n=1&last=b>; rel="next"`)(request, response);
        page(['c'])(request, response);
      };
      await using server = await ScriptedServer.start(script);
      await using opened = open(server);
      assert.deepEqual(await opened.client.listTags(opened.repository, signal), ['a', 'b', 'c']);
    });

    it('takes a repository without tags', async () => {
      await using server = await ScriptedServer.start(
        answering({ 'tags/list': (_request, response) => send(response, 200, '{"name":"org/app","tags":null}') }),
      );
      await using opened = open(server);
      assert.deepEqual(await opened.client.listTags(opened.repository, signal), []);
    });

    const refused: readonly { name: string; script: Script; code: OciErrorCode; says: RegExp }[] = [
      {
        name: 'never end',
        script: page(['a'], '</v2/org/app/tags/list?n=1000>; rel="next"'),
        code: 'ProtocolError',
        says: /do not end/,
      },
      {
        name: 'are elsewhere',
        script: page(['a'], '<http://example.org/v2/org/app/tags/list>; rel="next"'),
        code: 'RedirectRefused',
        says: /at another host: example\.org/,
      },
      {
        name: 'are elsewhere by their path',
        script: page(['a'], '<//example.org/v2/tags>; rel="next"'),
        code: 'RedirectRefused',
        says: /at another host: example\.org/,
      },
      { name: 'are too many', script: page(Array(11).fill('a')), code: 'TooLarge', says: /more than 10 tags/ },
      {
        name: 'are no list',
        script: (_, r) => send(r, 200, '{"tags":"a"}'),
        code: 'ProtocolError',
        says: /not a list/,
      },
      { name: 'are no JSON', script: (_, r) => send(r, 200, '<a>'), code: 'ProtocolError', says: /not a JSON object/ },
    ];
    for (const { name, script, code, says } of refused) {
      it(`refuses pages that ${name}`, async () => {
        await using server = await ScriptedServer.start(answering({ 'tags/list': script }));
        await using opened = open(server);
        await rejected(opened.client.listTags(opened.repository, signal, { max: 10 }), code, says);
      });
    }

    it('stays where it is when a path looks like a host', async () => {
      const script: Script = (request, response) => {
        if (request.path === '/v2/') return send(response, 200);
        if (request.path.startsWith('//')) return page(['b'])(request, response);
        page(['a'], `<http://localhost:${server.port}//example.org/tags>; rel="next"`)(request, response);
      };
      await using server: ScriptedServer = await ScriptedServer.start(script);
      await using opened = open(server);
      assert.deepEqual(await opened.client.listTags(opened.repository, signal), ['a', 'b']);
    });
  });

  describe('redirects', { concurrency: true }, () => {
    const content = 'blob';
    const digest = digestOf(content);
    const redirecting = (location: string): Script =>
      answering({ [`blobs/${digest}`]: (_request, response) => send(response, 307, '', { location }) });

    it('are followed without credentials to another host', async () => {
      await using mirror = await ScriptedServer.start((_request, response) => send(response, 200, content));
      const location = `http://localhost:${mirror.port}/blob?X-Amz-Signature=s`;
      await using server = await ScriptedServer.start(redirecting(location));
      await using opened = open(server, { credentials: withUser });
      assert.equal(await drain(opened.client.blob(opened.repository, { digest }, signal, { maxBytes: 10 })), content);
      assert.deepEqual(mirror.requests, [{ method: 'GET', path: '/blob?X-Amz-Signature=s', authorization: undefined }]);
      assert.equal(server.requests.at(-1)?.authorization, basic);
    });

    it('to the same origin keep them', async () => {
      const script = answering({
        [`blobs/${digest}`]: (_request, response) => send(response, 302, '', { location: '/v2/org/app/elsewhere' }),
        elsewhere: ({ authorization }, response) => send(response, authorization === basic ? 200 : 401, content),
      });
      await using server = await ScriptedServer.start(script);
      await using opened = open(server, { credentials: withUser });
      assert.equal(await drain(opened.client.blob(opened.repository, { digest }, signal, { maxBytes: 10 })), content);
    });

    it('do not bring a challenge of somebody else', async () => {
      await using mirror = await ScriptedServer.start((_request, response) =>
        send(response, 401, '', { 'www-authenticate': 'Bearer realm="http://localhost:1/token"' }),
      );
      await using server = await ScriptedServer.start(redirecting(`http://localhost:${mirror.port}/`));
      await using opened = open(server, { credentials: withUser });
      const read = drain(opened.client.blob(opened.repository, { digest }, signal, { maxBytes: 10 }));
      await rejected(read, 'AuthenticationFailed', /401 Unauthorized/);
      assert.equal(mirror.requests.length, 1);
    });

    for (const location of [
      'http://169.254.169.254/latest/meta-data',
      'http://10.0.0.1/',
      'http://127.0.0.1:1/',
      'http://[::ffff:169.254.169.254]/',
      'http://0x7f.1/',
      'http://[fd00:ec2::254]/',
    ]) {
      it(`are not followed to ${location}`, async () => {
        await using server = await ScriptedServer.start(redirecting(location));
        await using opened = open(server);
        const read = drain(opened.client.blob(opened.repository, { digest }, signal, { maxBytes: 10 }));
        await rejected(read, 'RedirectRefused', /is a private or link-local address/);
      });
    }

    for (const [location, says] of [
      ['file:///etc/passwd', /changes the scheme from http to file/],
      ['http://', /is no URL/],
      ['/v2/org/app/blobs/round', /stopped after 10 redirects/],
    ] as const) {
      it(`are not followed to ${location}`, async () => {
        const round: Script = (_request, response) => send(response, 302, '', { location });
        await using server = await ScriptedServer.start(
          answering({ [`blobs/${digest}`]: round, 'blobs/round': round }),
        );
        await using opened = open(server);
        const read = drain(opened.client.blob(opened.repository, { digest }, signal, { maxBytes: 10 }));
        await rejected(read, 'RedirectRefused', says);
      });
    }
  });

  describe('over TLS', () => {
    let authority: Authority;
    before(async () => {
      authority = await Authority.create('registry-test');
    });

    it('is never led back to plain HTTP, by a redirect or a token server', async () => {
      await using plain = await ScriptedServer.start((_request, response) => send(response, 200, '{"token":"t"}'));
      const realm = `Bearer realm="http://localhost:${plain.port}/token",service="s"`;
      const tls = await authority.issueServer('registry');
      const script: Script = ({ path }, response) => {
        if (path === '/v2/') send(response, 401, '', { 'www-authenticate': 'Basic realm="x"' });
        else if (path.includes('tags')) send(response, 401, '', { 'www-authenticate': realm });
        else send(response, 302, '', { location: `http://localhost:${plain.port}/` });
      };
      await using server = await ScriptedServer.start(script, tls);
      await using opened = open(server, { credentials: withUser, tls: { ca: authority.certificate } });
      const { client, repository } = opened;
      await rejected(client.manifest(repository, 'v1', signal), 'RedirectRefused', /scheme from https to http/);
      await rejected(client.listTags(repository, signal), 'RedirectRefused', /realm scheme "http" not allowed/);
      assert.deepEqual(plain.requests, []);
    });
  });

  describe('tokens', { concurrency: true }, () => {
    const tokenServer = (): Promise<ScriptedServer> => {
      let count = 0;
      return ScriptedServer.start((_request, response) =>
        send(response, 200, JSON.stringify({ access_token: `token-${++count}`, expires_in: 100 })),
      );
    };
    const realmOf = ({ port }: ScriptedServer): string =>
      `Negotiate, Bearer realm="http://localhost:${port}/token?a=b",service="a, b"`;
    const asking = (good: (authorization: string | undefined) => boolean, challenge: string): Script => {
      return ({ authorization, method }, response) => {
        if (good(authorization)) manifest('{}')({ method, path: '', authorization }, response);
        else send(response, 401, '', { 'www-authenticate': challenge });
      };
    };

    it('are asked for once, by whoever wants the same, until they expire', async () => {
      const clock = new ManualClock();
      const sessions = new RegistrySessions({ clock });
      await using tokens = await tokenServer();
      const isGood = (sent: string | undefined): boolean => sent?.startsWith('Bearer token-') === true;
      await using server = await ScriptedServer.start(asking(isGood, realmOf(tokens)));
      await using one = open(server, { sessions, credentials: withUser });
      const all = Array.from({ length: 5 }, () => one.client.resolve(one.repository, 'v1', signal));
      await Promise.all(all);
      assert.deepEqual(tokens.requests, [
        { method: 'GET', path: '/token?a=b&scope=repository%3Aorg%2Fapp%3Apull&service=a%2C+b', authorization: basic },
      ]);
      clock.advance(89_000);
      await one.client.resolve(one.repository, 'v1', signal);
      assert.equal(tokens.requests.length, 1);
      clock.advance(2000);
      await one.client.resolve(one.repository, 'v1', signal);
      assert.equal(tokens.requests.length, 2);
    });

    it('that are refused are replaced once', async () => {
      let refused = 0;
      await using tokens = await tokenServer();
      await using server = await ScriptedServer.start(asking(() => refused++ > 1, realmOf(tokens)));
      await using opened = open(server);
      await opened.client.resolve(opened.repository, 'v1', signal);
      assert.equal(server.requests.length, 3);
      await using never = await ScriptedServer.start(asking(() => false, realmOf(tokens)));
      await using other = open(never);
      await rejected(other.client.resolve(other.repository, 'v1', signal), 'AuthenticationFailed', /401 Unauthorized/);
    });

    const realms: readonly { challenge: string; code: OciErrorCode; says: RegExp }[] = [
      { challenge: 'Bearer service="x"', code: 'ProtocolError', says: /missing realm/ },
      { challenge: 'Bearer realm="nonsense"', code: 'RedirectRefused', says: /it is no URL/ },
      { challenge: 'Bearer realm="file:///etc/passwd"', code: 'RedirectRefused', says: /realm scheme "file"/ },
      {
        challenge: 'Bearer realm="http://169.254.169.254/token"',
        code: 'RedirectRefused',
        says: /private or link-local/,
      },
      { challenge: 'Bearer realm="http://192.168.1.1/token"', code: 'RedirectRefused', says: /private or link-local/ },
      { challenge: 'Bearer realm="http://127.0.0.1:1/token"', code: 'RedirectRefused', says: /private or link-local/ },
    ];
    for (const { challenge, code, says } of realms) {
      it(`are not asked for by ${challenge}`, async () => {
        await using server = await ScriptedServer.start(asking(() => false, challenge));
        await using opened = open(server, { credentials: withUser });
        await rejected(opened.client.resolve(opened.repository, 'v1', signal), code, says);
      });
    }

    const answers: readonly { name: string; script: Script; code: OciErrorCode; says: RegExp }[] = [
      { name: 'is no JSON', script: (_, r) => send(r, 200, 'hunter'), code: 'ProtocolError', says: /is not JSON$/ },
      { name: 'has no token', script: (_, r) => send(r, 200, '{}'), code: 'ProtocolError', says: /^no token/ },
      {
        name: 'would split a header',
        script: (_, r) => send(r, 200, '{"token":"a\\r\\nx: y"}'),
        code: 'ProtocolError',
        says: /characters that no HTTP header may have/,
      },
      { name: 'is endless', script: (_, r) => send(r, 200, 'x'.repeat(1 << 20)), code: 'TooLarge', says: /larger/ },
      {
        name: 'quotes the password',
        script: (_, r) => send(r, 401, `wrong: ${user.password} ${basic}`),
        code: 'AuthenticationFailed',
        says: /401 Unauthorized: wrong: \*{5}/,
      },
    ];
    for (const { name, script, code, says } of answers) {
      it(`are refused when the answer ${name}`, async () => {
        await using server = await ScriptedServer.start(script);
        const challenge = `Bearer realm="http://localhost:${server.port}/token"`;
        await using registry = await ScriptedServer.start(asking(() => false, challenge));
        await using opened = open(registry, { credentials: withUser });
        await rejected(opened.client.resolve(opened.repository, 'v1', signal), code, says);
      });
    }

    it('are asked for as a user where there is no OAuth', async () => {
      await using server = await ScriptedServer.start(({ method }, response) =>
        method === 'POST' ? send(response, 404) : send(response, 200, '{"token":"t"}'),
      );
      const challenge = `Bearer realm="http://localhost:${server.port}/token"`;
      await using registry = await ScriptedServer.start(asking((sent) => sent === 'Bearer t', challenge));
      await using opened = open(registry, { credentials: async () => ({ ...user, identityToken: 'refresh' }) });
      await opened.client.resolve(opened.repository, 'v1', signal);
      assert.deepEqual(
        server.requests.map(({ method, authorization }) => [method, authorization]),
        [
          ['POST', undefined],
          ['GET', basic],
        ],
      );
    });
  });

  describe('trying again', { concurrency: true }, () => {
    const failing = (answers: readonly ((response: ServerResponse) => void)[]): Script => {
      let at = 0;
      return answering({
        'manifests/v1': (request, response) => {
          const answer = answers[at++];
          if (answer === undefined) manifest('{}')(request, response);
          else answer(response);
        },
      });
    };
    const status =
      (code: number, headers: Record<string, string> = {}) =>
      (response: ServerResponse) =>
        send(response, code, '', headers);

    it('waits a second, then three', async () => {
      const clock = new ManualClock();
      await using server = await ScriptedServer.start(failing([status(503), (response) => void response.destroy()]));
      await using opened = open(server, { sessions: new RegistrySessions({ clock }) });
      const got = opened.client.manifest(opened.repository, 'v1', signal);
      const tried = () => server.log.filter((line) => line.includes('manifests')).length;
      await waitFor(() => tried() === 1 && clock.pending === 1, 'the first attempt');
      clock.advance(1000);
      await waitFor(() => tried() >= 2 && (clock.pending === 1 || tried() === 3), 'the second attempt');
      clock.advance(3000);
      assert.equal((await got).digest, digestOf('{}'));
    });

    it('waits as long as it is asked to', async () => {
      const clock = new ManualClock();
      await using server = await ScriptedServer.start(failing([status(429, { 'retry-after': '7' })]));
      await using opened = open(server, { sessions: new RegistrySessions({ clock }) });
      const got = opened.client.manifest(opened.repository, 'v1', signal);
      await waitFor(() => clock.pending === 1, 'the first attempt');
      clock.advance(6999);
      assert.equal(clock.pending, 1);
      clock.advance(1);
      await got;
    });

    it('does not wait for minutes', async () => {
      await using server = await ScriptedServer.start(failing([status(429, { 'retry-after': '600' })]));
      await using opened = open(server);
      const got = opened.client.manifest(opened.repository, 'v1', signal);
      await rejected(got, 'TooManyRequests', /429 Too Many Requests/);
      await assert.rejects(got, { retryAfterMs: 600_000 });
    });

    it('counts for token servers too', async () => {
      const clock = new ManualClock();
      let refused = false;
      await using tokens = await ScriptedServer.start((_request, response) => {
        if (refused) return send(response, 200, '{"token":"t"}');
        refused = true;
        send(response, 503, '', { 'retry-after': '2' });
      });
      const challenge = `Bearer realm="http://localhost:${tokens.port}/"`;
      await using server = await ScriptedServer.start((request, response) => {
        if (request.authorization === 'Bearer t') manifest('{}')(request, response);
        else send(response, 401, '', { 'www-authenticate': challenge });
      });
      await using opened = open(server, { sessions: new RegistrySessions({ clock }) });
      const got = opened.client.manifest(opened.repository, 'v1', signal);
      await waitFor(() => clock.pending === 1, 'the first attempt');
      clock.advance(2000);
      assert.equal((await got).digest, digestOf('{}'));
    });

    it('ends with its signal', async () => {
      const clock = new ManualClock();
      const abort = new AbortController();
      await using server = await ScriptedServer.start(failing([status(503)]));
      await using opened = open(server, { sessions: new RegistrySessions({ clock }) });
      const got = opened.client.manifest(opened.repository, 'v1', abort.signal);
      await waitFor(() => clock.pending === 1, 'the first attempt');
      abort.abort(new Error('enough'));
      await assert.rejects(got, /enough/);
    });
  });

  describe('referrers', { concurrency: true }, () => {
    const digest = digestOf('subject');
    const listed = (artifactType: string) =>
      JSON.stringify({ manifests: [{ mediaType: manifestType, digest: digestOf('x'), size: 1, artifactType }] });

    it('come from the API', async () => {
      await using server = await ScriptedServer.start(
        answering({ [`referrers/${digest}`]: manifest(listed('a'), indexType) }),
      );
      await using opened = open(server);
      const found = await opened.client.referrers(opened.repository, digest, signal);
      assert.deepEqual(
        found.map(({ artifactType }) => artifactType),
        ['a'],
      );
    });

    it('come from the tag where there is no API', async () => {
      await using server = await ScriptedServer.start(
        answering({ [`manifests/${digest.replace(':', '-')}`]: manifest(listed('b'), indexType) }),
      );
      await using opened = open(server);
      const found = await opened.client.referrers(opened.repository, digest, signal);
      assert.deepEqual(
        found.map(({ artifactType }) => artifactType),
        ['b'],
      );
      await using empty = await ScriptedServer.start(answering({}));
      await using other = open(empty);
      assert.deepEqual(await other.client.referrers(other.repository, digest, signal), []);
    });
  });
});
