import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { waitFor } from '../../../../test/support/wait-for.ts';
import { receiver, WebhookWorld } from '../../../../test/support/webhook-world.ts';
import type { Receiver } from '../../../crds/notification/receiver.ts';

const json = { 'content-type': 'application/json' };
const MiB = 1024 * 1024;
const generic = (spec: Partial<Receiver['spec']> = {}) => receiver({ type: 'generic', ...spec });

describe('a body', () => {
  it('may have 3 MiB', async () => {
    await using world = await WebhookWorld.start(generic());
    assert.equal(await world.call({ body: Buffer.alloc(3 * MiB) }), 200);
  });

  it('that is larger is refused, before it is known for whom', async () => {
    await using world = await WebhookWorld.start(generic());
    for (const path of ['/hook/path', '/hook/other']) {
      assert.equal(await world.call({ body: Buffer.alloc(3 * MiB + 1) }, path), 413);
    }
    assert.deepEqual(world.woken(), []);
  });

  it('that does not say how large it is, is refused when it is', async () => {
    await using world = await WebhookWorld.start(generic());
    const call = { headers: { 'transfer-encoding': 'chunked' }, body: Buffer.alloc(4 * MiB) };
    assert.equal(await world.call(call), 413);
    assert.deepEqual(world.woken(), []);
  });

  it('that is compressed is not unpacked', async () => {
    await using world = await WebhookWorld.start(generic({ resourceFilter: 'true' }));
    const call = { headers: { ...json, 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(50 * MiB)) };
    assert.equal(await world.call(call), 415);
    assert.deepEqual(world.woken(), []);
  });

  it('that is cut short wakes nobody, and the server goes on', async () => {
    await using world = await WebhookWorld.start(generic());
    const [host = '', port] = world.address.split(':');
    const socket = connect(Number(port), host);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.end('POST /hook/path HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nshort');
    socket.resume();
    await closed;
    assert.deepEqual(world.woken(), []);
    assert.equal(await world.call({}), 200);
  });

  it('finds no room when others have it all', async () => {
    await using world = await WebhookWorld.start(generic(), { bodyBytes: 10 });
    assert.equal(await world.call({ body: '0123456789' }), 200);
    assert.equal(await world.call({ body: '0123456789x' }), 503);
    assert.equal(await world.call({ body: '0123456789' }), 200);
  });

  it('that is no HTTP at all does no harm', async () => {
    await using world = await WebhookWorld.start(generic());
    const [host = '', port] = world.address.split(':');
    for (const text of [
      '\0\x01\x02',
      'POST /hook/path HTTP/9.9\r\n\r\n',
      'POST\r\n\r\n',
      `GET / HTTP/1.1\r\nx: ${'x'.repeat(300_000)}`,
    ]) {
      const socket = connect(Number(port), host);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.on('error', () => undefined);
      socket.end(text);
      socket.resume();
      await closed;
    }
    assert.equal(await world.call({}), 200);
  });
});

describe('a caller that takes its time', () => {
  const limits = { headersTimeoutMs: 300, requestTimeoutMs: 500, checkEveryMs: 20, maxConnections: 1000 };
  for (const [what, text] of [
    ['to connect', ''],
    ['for its headers', 'POST /hook/path HTTP/1.1\r\nhost: x\r\n'],
    ['for its body', 'POST /hook/path HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nbegun'],
    ['for the rest of what is refused', 'POST /hook/other HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nbegun'],
  ] as const) {
    it(`${what} is left, and keeps nobody waiting`, async () => {
      await using world = await WebhookWorld.start(generic(), { limits });
      const [host = '', port] = world.address.split(':');
      const sockets = Array.from({ length: 50 }, () => connect(Number(port), host));
      const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const socket of sockets) {
        socket.on('error', () => undefined);
        socket.write(text);
        socket.resume();
      }
      // The limits hold for everybody: a machine that is busy may cut off one that does nothing wrong.
      await waitFor(async () => (await world.call({}).catch(() => 0)) === 200, 'an answer');
      await Promise.all(closed);
    });
  }
});

describe('callers that are too many', () => {
  it('are sent away, and served when there is room', async () => {
    const limits = { headersTimeoutMs: 60_000, requestTimeoutMs: 60_000, checkEveryMs: 1000, maxConnections: 3 };
    await using world = await WebhookWorld.start(generic(), { limits });
    const [host = '', port] = world.address.split(':');
    const sockets = Array.from({ length: 3 }, () => connect(Number(port), host));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    await waitFor(async () => (await world.call({}).catch(() => 'refused')) === 'refused', 'a call to be refused');
    for (const socket of sockets) socket.destroy();
    await waitFor(async () => (await world.call({}).catch(() => 0)) === 200, 'an answer');
  });
});
