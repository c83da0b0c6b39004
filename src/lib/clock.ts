export interface Timer {
  cancel(): void;
}

/** Time as a dependency: code that waits takes a Clock, so that its tests need not. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `fn` once after `ms`; a delay of any length is honoured. */
  setTimeout(fn: () => void, ms: number): Timer;
}

/** The longest delay `setTimeout` takes; it fires at once on a longer one. A Flux interval may be longer. */
export const maxTimeoutMs = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout(fn, ms) {
    let left = Math.max(0, ms);
    let timer: ReturnType<typeof setTimeout>;
    const arm = (): void => {
      const step = Math.min(left, maxTimeoutMs);
      left -= step;
      timer = setTimeout(left > 0 ? arm : fn, step);
    };
    arm();
    return { cancel: () => clearTimeout(timer) };
  },
};
