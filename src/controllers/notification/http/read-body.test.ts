import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, it } from 'node:test';
import { BodyBudget, BodyRefused, readBody } from './read-body.ts';

interface Case {
  readonly name: string;
  /** Head after the request line, and body, as they are sent. */
  readonly sent: string;
  /** The connection is ended after that. */
  readonly end?: boolean;
  readonly budgetBytes?: number;
  readonly timeoutMs?: number;
  /** The body, or the status of the refusal. */
  readonly want: string | number;
}

const chunked = (text: string): string =>
  `transfer-encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n`;

const cases: readonly Case[] = [
  { name: 'a body as it came', sent: 'content-length: 5\r\n\r\nhello', want: 'hello' },
  { name: 'no body', sent: 'content-length: 0\r\n\r\n', want: '' },
  { name: 'as large as allowed', sent: `content-length: 20\r\n\r\n${'x'.repeat(20)}`, want: 'x'.repeat(20) },
  { name: 'said to be too large', sent: 'content-length: 21\r\n\r\n', want: 413 },
  { name: 'too large without having said so', sent: chunked('x'.repeat(21)), want: 413 },
  { name: 'too slow', sent: 'content-length: 5\r\n\r\nhe', timeoutMs: 20, want: 408 },
  { name: 'cut short', sent: 'content-length: 5\r\n\r\nhe', end: true, want: 400 },
  { name: 'compressed', sent: 'content-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello', want: 415 },
  {
    name: 'not compressed, and said so',
    sent: 'content-encoding: identity\r\ncontent-length: 2\r\n\r\nhi',
    want: 'hi',
  },
  { name: 'no room for it', sent: 'content-length: 5\r\n\r\nhello', budgetBytes: 4, want: 503 },
];

describe('readBody', () => {
  for (const { name, sent, end = false, budgetBytes = 1000, timeoutMs = 60_000, want } of cases) {
    it(name, async () => {
      const budget = new BodyBudget(budgetBytes);
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.on('error', () => {});
      try {
        const answered = new Promise<string | number>((resolve, reject) => {
          server.once('request', (request) => {
            readBody(request, { maxBytes: 20, timeoutMs, budget })
              .then((body) => resolve(new TextDecoder().decode(body)))
              .catch((error: unknown) => (error instanceof BodyRefused ? resolve(error.status) : reject(error)));
          });
        });
        socket.write(`POST / HTTP/1.1\r\nhost: here\r\n${sent}`);
        if (end) socket.end();
        assert.equal(await answered, want);
        assert.ok(budget.take(budgetBytes), 'all of the budget was given back');
      } finally {
        socket.destroy();
        server.closeAllConnections();
        server.close();
      }
    });
  }

  it('has all bodies share one budget', () => {
    const budget = new BodyBudget(10);
    assert.ok(budget.take(6));
    assert.ok(!budget.take(5));
    assert.ok(budget.take(4));
    budget.give(6);
    assert.ok(budget.take(6));
  });
});
