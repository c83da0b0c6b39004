import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { withBuildLock } from './build-lock.ts';

describe('withBuildLock', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-lock-'));
  });
  after(() => rm(dir, { recursive: true }));
  const log = (): void => {};

  it('lets one in at a time, and tells who waits', async () => {
    const lock = join(dir, 'shared');
    const lines: string[] = [];
    let inside = 0;
    let most = 0;
    const enter = () =>
      withBuildLock(lock, { log: (line) => lines.push(line), pollMs: 5 }, async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
      });
    await Promise.all([enter(), enter(), enter(), enter()]);
    assert.equal(most, 1);
    assert.ok(lines.some((line) => line.includes(`waiting for process ${process.pid}`)));
    assert.ok(!existsSync(lock));
  });

  it('is released when the work fails', async () => {
    const lock = join(dir, 'failing');
    await assert.rejects(
      withBuildLock(lock, { log }, () => Promise.reject(new Error('planned'))),
      /planned/,
    );
    assert.equal(await withBuildLock(lock, { log }, () => Promise.resolve(1)), 1);
  });

  it('takes over the lock of a process that died', async () => {
    const lock = join(dir, 'stale');
    await mkdir(lock);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);
    assert.equal(await withBuildLock(lock, { log, pollMs: 5 }, () => Promise.resolve(1)), 1);
  });

  it('stops waiting when told to', async () => {
    const lock = join(dir, 'held');
    await mkdir(lock);
    await assert.rejects(
      withBuildLock(lock, { log, signal: AbortSignal.timeout(20), pollMs: 5 }, () => Promise.resolve(1)),
      { name: 'AbortError' },
    );
  });
});
