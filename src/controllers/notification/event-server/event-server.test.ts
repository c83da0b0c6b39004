import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../../../lib/clock.ts';
import { FatalError } from '../../../runtime/controller.ts';
import type { RunningServer } from '../../../runtime/http-server.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import type { NotificationEvent } from '../event.ts';
import type { HttpMetrics } from '../http/http-metrics.ts';
import { Duplicates } from './duplicates.ts';
import { serveEvents } from './event-server.ts';

const taken: NotificationEvent[] = [];
const repeated: NotificationEvent[] = [];
const counted: string[] = [];
let isFull = false;
let number = 0;
const metrics: HttpMetrics = {
  started: (method, path) => (code) => void counted.push(`${method} ${path} ${code}`),
};

function options(address: string, bodyTimeoutMs = 60_000) {
  return {
    address,
    intake: {
      ready: Promise.resolve(),
      accept(event: NotificationEvent) {
        if (!isFull) taken.push(event);
        return !isFull;
      },
      repeated: (event: NotificationEvent) => void repeated.push(event),
    },
    duplicates: new Duplicates(300_000, systemClock),
    metrics,
    clock: systemClock,
    log: silentLogger,
    bodyTimeoutMs,
  };
}

let server: RunningServer;
const url = (): string => `http://${server.address}/`;
const body = (message = `message ${number++}`): string =>
  JSON.stringify({ involvedObject: { kind: 'Kustomization', namespace: 'apps', name: 'app' }, message });
const post = (text: RequestInit['body'] = body(), init: RequestInit = {}, path = '') =>
  fetch(`${url()}${path}`, { method: 'POST', body: text, ...init });

describe('serveEvents', () => {
  before(async () => {
    const running = await serveEvents(options('127.0.0.1:0'));
    assert.ok(running);
    server = running;
  });
  after(() => server.close());
  beforeEach(() => {
    for (const list of [taken, repeated, counted]) list.length = 0;
    isFull = false;
  });

  it('takes an event, at any path, with an empty 202', async () => {
    for (const path of ['', 'any/path?x=y']) {
      const response = await post(body(), {}, path);
      assert.equal(response.status, 202);
      assert.equal(await response.text(), '');
    }
    assert.equal(taken.length, 2);
    assert.equal(taken[0]?.involvedObject.name, 'app');
  });

  it('refuses the same event for a while, and tells the intake', async () => {
    const text = body();
    assert.equal((await post(text)).status, 202);
    const second = await post(text);
    assert.equal(second.status, 429);
    assert.equal(await second.text(), 'Too Many Requests\n');
    assert.ok(Date.parse(second.headers.get('retry-after') ?? '') > Date.now());
    assert.equal(taken.length, 1);
    assert.equal(repeated.length, 1);
  });

  it('has the sender come again when too much is under way, and does not know the event then', async () => {
    const text = body();
    isFull = true;
    const refused = await post(text);
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get('retry-after'), '5');
    isFull = false;
    assert.equal((await post(text)).status, 202);
  });

  const refusals: readonly { name: string; status: number; text?: RequestInit['body']; init?: RequestInit }[] = [
    { name: 'no event', status: 400, text: 'hello' },
    { name: 'no body', status: 400, text: null },
    { name: 'half of a body', status: 400, text: body().slice(0, -3) },
    { name: 'another method', status: 405, text: null, init: { method: 'GET' } },
    { name: 'another method with an event', status: 405, init: { method: 'PUT' } },
    { name: 'a body that is too large', status: 413, text: JSON.stringify({ message: 'x'.repeat(1 << 20) }) },
    {
      name: 'a compressed body',
      status: 415,
      text: gzipSync(body()),
      init: { headers: { 'content-encoding': 'gzip' } },
    },
  ];
  for (const { name, status, text, init } of refusals) {
    it(`refuses ${name} with ${status}`, async () => {
      const response = await post(text, init);
      assert.equal(response.status, status);
      assert.equal(await response.text(), '');
      assert.deepEqual(taken, []);
      assert.equal((await post()).status, 202, 'and goes on');
    });
  }

  it('answers 408 to a body that does not come, and 413 to one that says it is too large', async () => {
    const hasty = await serveEvents(options('127.0.0.1:0', 50));
    assert.ok(hasty);
    for (const [head, want] of [
      ['content-length: 10', '408'],
      ['content-length: 10000000', '413'],
    ] as const) {
      const socket = connect(Number(hasty.address.split(':')[1]), '127.0.0.1');
      socket.setEncoding('utf8').write(`POST / HTTP/1.1\r\nhost: here\r\n${head}\r\n\r\n{"mess`);
      const [answer] = (await once(socket, 'data')) as [string];
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${want} (?:.*\r\n)+connection: close\r\n`, 'i'));
      socket.destroy();
    }
    await hasty.close();
  });

  it('counts each request with its answer', async () => {
    await (await post()).text();
    await (await post('x')).text();
    assert.deepEqual(counted.toSorted(), ['POST / 202', 'POST / 400']);
  });

  it('takes a message as long as the controllers send, however it is escaped', async () => {
    const response = await post(
      JSON.stringify({ message: '\u0001'.repeat(39_000), metadata: { a: '"'.repeat(262_144) } }),
    );
    assert.equal(response.status, 202);
  });

  it('ends the process when its port is taken, and serves nowhere when it is to', async () => {
    await assert.rejects(serveEvents(options(server.address)), FatalError);
    assert.equal(await serveEvents(options('0')), undefined);
  });
});

describe('serveEvents before Alerts are known', () => {
  it('has the sender come again', async () => {
    const never = new Promise<void>(() => {});
    const impatient = { ...systemClock, setTimeout: (fn: () => void) => systemClock.setTimeout(fn, 0) };
    const { intake, ...rest } = options('127.0.0.1:0');
    const late = await serveEvents({ ...rest, intake: { ...intake, ready: never }, clock: impatient });
    assert.ok(late);
    const response = await fetch(`http://${late.address}/`, { method: 'POST', body: body() });
    assert.equal(response.status, 503);
    await late.close();
  });
});
