/** A Ctrl-C reaches a process twice that npm runs: from the terminal, and from npm. */
const oneKeyPressMs = 1_000;

/**
 * Aborted by the first SIGINT, SIGTERM or SIGHUP, for an orderly end; one that comes more than a second later ends the
 * process at once. Call it once per process.
 */
export function untilInterrupted(): AbortSignal {
  const stop = new AbortController();
  let first: number | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const now = performance.now();
      if (first !== undefined && now - first > oneKeyPressMs) process.exit(130);
      first ??= now;
      stop.abort(new DOMException(`received ${name}`, 'AbortError'));
    });
  }
  return stop.signal;
}
