import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface LockOptions {
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal;
  /** A lock that its owner has not touched for so long belongs to nobody. */
  readonly staleAfterMs?: number;
  readonly pollMs?: number;
}

/**
 * Runs `work` while no other process of this user does so under the same lock. The lock is a directory, made
 * atomically and touched while it is held, so that the lock of a process that was killed ends by itself. Two processes
 * that find the same stale lock at the same instant may both get in; work must be harmless when done twice.
 */
export async function withBuildLock<T>(lock: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const { staleAfterMs = 30_000 } = options;
  await acquire(lock, options, staleAfterMs);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => {}); // lost: then it was taken for stale, and work done twice is harmless
  }, staleAfterMs / 6);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(lock, { recursive: true, force: true });
  }
}

async function acquire(lock: string, options: LockOptions, staleAfterMs: number): Promise<void> {
  const { log, signal, pollMs = 500 } = options;
  const started = performance.now();
  let announcedAt = Number.NEGATIVE_INFINITY;
  while (!(await tryAcquire(lock))) {
    if (await isStale(lock, staleAfterMs)) {
      const aside = `${lock}.stale-${process.pid}`;
      await rename(lock, aside).catch(() => {}); // somebody else was quicker
      await rm(aside, { recursive: true, force: true });
      continue;
    }
    if (performance.now() - announcedAt > 15_000) {
      announcedAt = performance.now();
      const waited = Math.round((announcedAt - started) / 1000);
      log(`control plane: waiting for process ${await owner(lock)}, which builds it (${waited}s)`);
    }
    await delay(pollMs, undefined, { signal });
  }
}

async function tryAcquire(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  await writeFile(join(lock, 'owner'), `${process.pid}\n`);
  return true;
}

async function isStale(lock: string, staleAfterMs: number): Promise<boolean> {
  try {
    return Date.now() - (await stat(lock)).mtimeMs > staleAfterMs;
  } catch {
    return false; // released meanwhile
  }
}

async function owner(lock: string): Promise<string> {
  const text = await readFile(join(lock, 'owner'), 'utf8').catch(() => '');
  return text.trim() || 'unknown';
}
