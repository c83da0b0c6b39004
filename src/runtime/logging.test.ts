import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLogger, type LogEncoding, type Logger, type LogLevel } from './logging.ts';

function logged(write: (log: Logger) => void, level: LogLevel = 'info', encoding: LogEncoding = 'json'): string[] {
  const lines: string[] = [];
  write(createLogger({ level, encoding, stream: { write: (line) => void lines.push(line) } }));
  return lines;
}

const parsed = (line: string | undefined) => JSON.parse(line ?? '{}') as Record<string, unknown>;

describe('createLogger', () => {
  it("writes Flux's keys", () => {
    const [line] = logged((log) =>
      log.child({ controller: 'kustomization', name: 'app' }).info({ revision: 'r' }, 'done'),
    );
    const { ts, ...rest } = parsed(line);
    assert.match(String(ts), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(rest, { level: 'info', controller: 'kustomization', name: 'app', revision: 'r', msg: 'done' });
  });

  it('writes an error as its message and what caused it, each once', () => {
    const cause = new Error('connect ECONNREFUSED');
    const error = new Error('cannot fetch', { cause: new Error('request failed: connect ECONNREFUSED', { cause }) });
    const [line] = logged((log) => log.error({ error }, 'Reconciler error'));
    assert.equal(parsed(line)['error'], 'cannot fetch: request failed: connect ECONNREFUSED');
  });

  for (const { name, write } of [
    { name: 'the message', write: (log: Logger) => log.info('clone https://user:hunter2@host/x') },
    { name: 'a field', write: (log: Logger) => log.info({ url: 'https://user:hunter2@host/x' }, 'm') },
    { name: 'an error', write: (log: Logger) => log.error({ error: new Error('Authorization: Bearer hunter2') }, 'm') },
    { name: 'a child', write: (log: Logger) => log.child({ url: 'https://user:hunter2@host/x' }).info('m') },
  ]) {
    it(`masks credentials in ${name}`, () => {
      const [line] = logged(write);
      assert.doesNotMatch(line ?? '', /hunter2/);
      assert.doesNotThrow(() => parsed(line));
    });
  }

  for (const { level, want } of [
    { level: 'trace', want: ['trace', 'debug', 'info', 'error'] },
    { level: 'debug', want: ['debug', 'info', 'error'] },
    { level: 'info', want: ['info', 'error'] },
    { level: 'error', want: ['error'] },
  ] as const) {
    it(`at ${level} says ${want.join(', ')}`, () => {
      const lines = logged((log) => {
        for (const each of ['trace', 'debug', 'info', 'error'] as const) log[each](each);
      }, level);
      assert.deepEqual(
        lines.map((line) => parsed(line)['msg']),
        want,
      );
    });
  }

  it('has a console encoding', () => {
    const [line] = logged((log) => log.info({ name: 'app' }, 'done'), 'info', 'console');
    assert.match(line ?? '', /^\S+Z\tINFO\tdone\t\{"name":"app"\}\n$/);
  });
});
