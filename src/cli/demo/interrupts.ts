/** Ctrl-C reaches this process twice when npm runs it: from the terminal, and from npm. */
const oneKeyPressMs = 1_000;

/**
 * A signal that is aborted by the first SIGINT, SIGTERM or SIGHUP, for an orderly end; one that comes more than a second
 * later ends the process at once (whatever still runs then is killed by the {@link ProcessGroup}).
 */
export function onInterrupt(given: AbortSignal): AbortSignal & Disposable {
  const stop = new AbortController();
  let first = 0;
  const interrupted = (): void => {
    const now = performance.now();
    if (first === 0) first = now;
    else if (now - first > oneKeyPressMs) process.exit(130);
    stop.abort(new DOMException('interrupted', 'AbortError'));
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, interrupted);
  given.addEventListener('abort', interrupted, { once: true });
  if (given.aborted) interrupted();
  return Object.assign(stop.signal, {
    [Symbol.dispose](): void {
      for (const name of names) process.off(name, interrupted);
      given.removeEventListener('abort', interrupted);
    },
  });
}
