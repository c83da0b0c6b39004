import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** How long to wait before giving up; 30 s when absent. */
  readonly deadlineMs?: number;
  /** Pause between two looks. */
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Looks until `condition` gives something truthy, and gives that. An error that `condition` throws counts as "not yet"
 * and becomes the cause of the final error.
 *
 * @param what what is waited for, for the error's message: "the Kustomization to be ready".
 * @throws {Error} after the deadline, or as soon as `signal` is aborted.
 */
export async function waitFor<T>(
  condition: (signal: AbortSignal) => Promise<T> | T,
  what: string,
  { deadlineMs = 30_000, intervalMs = 100, signal: given }: WaitOptions = {},
): Promise<Exclude<T, false | 0 | '' | null | undefined>> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const signal = given === undefined ? deadline : AbortSignal.any([given, deadline]);
  let last: unknown;
  for (;;) {
    try {
      const value = await condition(signal);
      if (value) return value as Exclude<T, false | 0 | '' | null | undefined>;
      last = undefined;
    } catch (error) {
      if (!signal.aborted) last = error;
    }
    if (!signal.aborted) await delay(intervalMs, undefined, { signal }).catch(() => {});
    if (deadline.aborted) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`, { cause: last });
    if (signal.aborted) throw new Error(`stopped waiting for ${what}`, { cause: given?.reason });
  }
}
