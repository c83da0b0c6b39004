import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type AddressGuard, metadataServicesAnd } from '../../../auth/address-guard.ts';
import type { Clock } from '../../../lib/clock.ts';
import { HttpAgents } from '../../../net/http-agents.ts';
import { NotifierHttp, type NotifierRequest, type Route } from './http.ts';
import { NotifyError } from './notifier.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

interface Given {
  readonly handler?: Handler;
  readonly call?: Partial<NotifierRequest>;
  readonly route?: Partial<Route>;
  readonly guard?: AddressGuard;
  readonly signal?: AbortSignal;
}

const now = Date.parse('2026-01-02T15:04:05Z');

/** Notes how long was waited, and waits for nothing. */
function hastyClock(waits: number[]): Clock {
  return {
    now: () => now,
    setTimeout(fn, ms) {
      waits.push(ms);
      const timer = setImmediate(fn);
      return { cancel: () => clearImmediate(timer) };
    },
  };
}

describe('NotifierHttp', () => {
  let server: Server;
  let handler: Handler;
  let base: string;
  let requests: string[];
  let waits: number[];
  const agents = new HttpAgents();

  before(async () => {
    server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      handler(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(async () => {
    await agents.close();
    server.closeAllConnections();
    server.close();
  });

  async function outcome({ handler: answer, call, route, guard, signal }: Given): Promise<string | NotifyError> {
    requests = [];
    waits = [];
    handler = answer ?? ((_request, response) => response.end('fine'));
    const http = new NotifierHttp({
      agents: guard === undefined ? agents : new HttpAgents(undefined, { lookup: guard.lookup, allows: () => true }),
      guard: guard ?? metadataServicesAnd([]),
      clock: hastyClock(waits),
      random: () => 0.5,
    });
    const request = { method: 'POST', url: `${base}/hook`, body: '{}', whole: true, ...call } as const;
    try {
      const reply = await http.succeed(request, { secrets: [], ...route }, signal ?? new AbortController().signal);
      return reply.body;
    } catch (error) {
      if (error instanceof NotifyError) return error;
      throw error;
    }
  }

  async function failure(given: Given): Promise<NotifyError> {
    const result = await outcome(given);
    assert.ok(result instanceof NotifyError, `no failure: ${String(result)}`);
    return result;
  }

  const status =
    (code: number, headers: Readonly<Record<string, string>> = {}, body = ''): Handler =>
    (_request, response) => {
      response.writeHead(code, headers).end(body);
    };

  describe('tries again what may pass', () => {
    it('until it does', async () => {
      const answers = [500, 502, 429, 503];
      const result = await outcome({ handler: (_q, r) => r.writeHead(answers.shift() ?? 200).end('done') });
      assert.equal(result, 'done');
      assert.equal(requests.length, 5);
      assert.deepEqual(waits, [2000, 4000, 8000, 16_000]);
    });

    it('five times at most', async () => {
      const error = await failure({ handler: status(500, {}, 'oops') });
      assert.equal(requests.length, 5);
      assert.equal(error.message, 'request failed: request failed with status code 500: oops');
      assert.equal(error.permanent, false);
    });

    it('once only when twice would do harm', async () => {
      const error = await failure({ handler: status(502), call: { once: true } });
      assert.equal(requests.length, 1);
      assert.equal(error.permanent, false);
    });

    it('and tells when the message may have arrived all the same', async () => {
      const cut: Handler = (request) => request.socket.destroy();
      assert.equal((await failure({ handler: cut })).unanswered, true);
      assert.equal((await failure({ call: { url: 'http://127.0.0.1:1/' } })).unanswered, false);
      assert.equal((await failure({ handler: status(502) })).unanswered, false);
    });

    for (const code of [400, 401, 403, 404, 410, 422, 501]) {
      it(`not ${code}`, async () => {
        const error = await failure({ handler: status(code) });
        assert.equal(requests.length, 1);
        assert.equal(error.permanent, true);
        assert.equal(error.message, `request failed: request failed with status code ${code}`);
      });
    }

    it('when nobody listens, and says so', async () => {
      const error = await failure({ call: { url: 'http://127.0.0.1:1/hook/with-a-token' } });
      assert.equal(
        error.message,
        'failed to execute request to 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused',
      );
      assert.equal(waits.length, 4);
    });
  });

  describe('waits for as long as the service asks', () => {
    const asked: readonly (readonly [string, number, string, number])[] = [
      ['seconds', 429, '7', 7000],
      ['a date', 503, 'Fri, 02 Jan 2026 15:04:25 GMT', 20_000],
      ['a date that has passed', 429, 'Fri, 02 Jan 2026 15:00:00 GMT', 0],
      ['of too many requests, as GitHub refuses them', 403, '3', 3000],
      ['nonsense', 429, 'soon', 2000],
      ['a negative number', 429, '-5', 2000],
      ['with another status', 500, '7', 2000],
    ];
    for (const [name, code, header, want] of asked) {
      it(name, async () => {
        const answers = [code];
        await outcome({ handler: (_q, r) => r.writeHead(answers.shift() ?? 200, { 'retry-after': header }).end() });
        assert.deepEqual(waits, [want]);
      });
    }

    it('and leaves it to the caller when that is long', async () => {
      const error = await failure({ handler: status(429, { 'retry-after': '120' }) });
      assert.equal(requests.length, 1);
      assert.equal(error.retryAfterMs, 120_000);
      assert.equal(error.permanent, false);
    });

    it('a day at most', async () => {
      const error = await failure({ handler: status(503, { 'retry-after': '999999999' }) });
      assert.equal(error.retryAfterMs, 86_400_000);
    });
  });

  describe('follows redirects to the same place only', () => {
    it('with the request as it is', async () => {
      const seen: string[] = [];
      const result = await outcome({
        handler(request, response) {
          request.setEncoding('utf8').on('data', (text: string) => seen.push(`${request.url} ${text}`));
          request.on('end', () => {
            if (request.url === '/hook') response.writeHead(308, { location: '/moved?a=b' }).end();
            else response.end('moved');
          });
        },
      });
      assert.equal(result, 'moved');
      assert.deepEqual(seen, ['/hook {}', '/moved?a=b {}']);
    });

    const refused: readonly (readonly [string, number, string, RegExp])[] = [
      ['another host', 307, 'http://evil.example.com/hook', /redirects to another host, which is not followed$/],
      ['another port', 307, 'http://127.0.0.1:1/hook', /redirects to another port, which is not followed$/],
      ['a metadata service', 307, 'http://169.254.169.254/latest', /redirects to another host/],
      ['a file', 307, 'file:///etc/passwd', /redirects to another host|another scheme/],
      ['what is no URL', 308, 'http://[', /redirects to what is no URL/],
      [
        'a way that loses the message',
        301,
        '/moved',
        /status code 301, which loses the message, which is not followed$/,
      ],
      ['a way that loses the message, as most do', 302, '/moved', /status code 302, which loses the message/],
    ];
    for (const [name, code, location, want] of refused) {
      it(`not to ${name}`, async () => {
        const error = await failure({ handler: status(code, { location }) });
        assert.match(error.message, want);
        assert.equal(error.permanent, true);
        assert.deepEqual(requests, ['POST /hook']);
      });
    }

    it('of a GET in any way, but not for ever', async () => {
      const error = await failure({ handler: status(302, { location: '/again' }), call: { method: 'GET' } });
      assert.match(error.message, /redirects more than 5 times$/);
      assert.equal(requests.length, 6);
    });
  });

  describe('believes nothing that a service says', () => {
    const endless =
      (code: number): Handler =>
      (_request, response) => {
        response.writeHead(code);
        const chunk = Buffer.alloc(1 << 20, 'x');
        const more = (): void => {
          while (!response.destroyed && response.write(chunk));
          response.once('drain', more);
        };
        more();
      };

    it('more than 4 MiB are not read', async () => {
      const error = await failure({ handler: endless(200) });
      assert.equal(error.message, 'the answer is larger than 4194304 bytes');
      assert.equal(error.permanent, true);
    });

    it('what is not needed is not waited for', async () => {
      assert.equal(await outcome({ handler: endless(200), call: { whole: false } }), '');
      const trickle: Handler = (_request, response) => void response.writeHead(200).write('x');
      assert.equal(await outcome({ handler: trickle, call: { whole: false } }), '');
    });

    it('of an error without end the beginning is told', async () => {
      const error = await failure({ handler: endless(400), call: { whole: false } });
      assert.match(error.message, /request failed with status code 400: x{500}$/);
    });

    it('secrets in what it says are not told, in any spelling', async () => {
      const secret = 'T0ken/with+"quotes" & sp&ces';
      const forms = [
        secret,
        encodeURIComponent(secret),
        Buffer.from(secret).toString('base64'),
        JSON.stringify(secret),
      ];
      const error = await failure({ handler: status(403, {}, forms.join('\n')), route: { secrets: [secret] } });
      assert.match(error.message, /^request failed: request failed with status code 403: \*{5} \*{5} \*{5} "\*{5}"$/);
    });

    it('long texts, line ends and control characters do not reach a log', async () => {
      const error = await failure({
        handler: status(400, {}, `a\r\nlevel=error\u001b[31m\u0000 ${'x'.repeat(10_000)}`),
      });
      assert.ok(error.message.length < 600);
      assert.match(error.message, /: a level=error \[31m x+$/);
    });

    it('what is compressed stays so', async () => {
      const bomb = gzipSync(Buffer.alloc(8 << 20));
      const error = await failure({
        handler: (_q, r) => r.writeHead(400, { 'content-encoding': 'gzip' }).end(bomb),
      });
      assert.ok(error.message.length < 600);
    });

    it('a service that trickles, or never answers, is left at the deadline', async () => {
      for (const first of ['', 'begin']) {
        const error = await failure({
          handler: (_q, r) => void (first === '' ? undefined : r.write(first)),
          signal: AbortSignal.timeout(50),
        });
        assert.equal(error.message, 'failed to execute request: context deadline exceeded');
        assert.equal(error.permanent, false);
      }
    });

    it('at a deadline, the last failure is told', async () => {
      const controller = new AbortController();
      const timeout = new DOMException('late', 'TimeoutError');
      const error = await failure({
        handler(_request, response) {
          response.writeHead(503, { 'retry-after': '5' }).end('overloaded');
          response.once('finish', () => setImmediate(() => controller.abort(timeout)));
        },
        signal: controller.signal,
      });
      assert.match(error.message, /^failed to execute request: context deadline exceeded/);
    });

    it('the end of the process is passed on as it is', async () => {
      const reason = new DOMException('stop', 'AbortError');
      const controller = new AbortController();
      const pending = outcome({ handler: () => controller.abort(reason), signal: controller.signal });
      await assert.rejects(pending, reason);
    });
  });

  describe('calls no address that is refused', () => {
    const urls: readonly (readonly [string, string])[] = [
      ['link-local', 'http://169.254.169.254/latest/meta-data'],
      ['the same as one number', 'http://2852039166/'],
      ['the same in hex', 'http://0xa9fea9fe/'],
      ['the same inside IPv6', 'http://[::ffff:169.254.169.254]/'],
      ['link-local of IPv6', 'http://[fe80::1]/'],
      ["AWS' of IPv6", 'http://[fd00:ec2::254]/'],
      ["Alibaba's", 'http://100.100.100.200/'],
      ["Azure's", 'http://168.63.129.16/'],
    ];
    for (const [name, url] of urls) {
      it(name, async () => {
        const error = await failure({ call: { url } });
        assert.match(error.message, /is an address of a metadata service, which is not allowed here$/);
        assert.equal(error.permanent, true);
      });
    }

    it('in a range that the operator denies', async () => {
      const guard = metadataServicesAnd(['127.0.0.0/8']);
      const error = await failure({ guard });
      assert.match(error.message, /^127.0.0.1 is in a range that is denied, which is not allowed here$/);
    });

    it('by a name that leads there', async () => {
      const guard = metadataServicesAnd(['127.0.0.0/8', '::1/128']);
      const error = await failure({ guard, call: { url: base.replace('127.0.0.1', 'localhost') } });
      assert.match(error.message, /localhost is in a range that is denied, which is not allowed here$/);
      assert.deepEqual(requests, []);
    });

    it('as a proxy, by number or by name', async () => {
      const guard = metadataServicesAnd(['127.0.0.0/8', '::1/128']);
      for (const url of ['http://169.254.169.254:3128', base, base.replace('127.0.0.1', 'localhost')]) {
        const error = await failure({ guard, call: { url: 'http://192.0.2.1/' }, route: { proxy: { url } } });
        assert.match(error.message, /which is not allowed here$/, url);
        assert.deepEqual(requests, []);
      }
    });

    it('of another scheme, or none', async () => {
      assert.match(
        (await failure({ call: { url: 'file:///etc/passwd' } })).message,
        /^unsupported protocol scheme "file"$/,
      );
      const error = await failure({ call: { url: 'not a URL with a token' } });
      assert.equal(error.message, 'the address is not a valid URL');
    });
  });

  it('tells nothing of what no header may hold', async () => {
    const error = await failure({ call: { headers: { authorization: 'Bearer secret\r\nx-evil: 1' } } });
    assert.equal(error.message, 'invalid header field value for "authorization"');
    assert.equal(error.permanent, true);
    assert.deepEqual(requests, []);
  });
});
