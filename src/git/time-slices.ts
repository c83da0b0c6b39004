import { setImmediate as nextTurn } from 'node:timers/promises';

const sliceMs = 20;

/**
 * Runs through long synchronous work, a step at a time, and lets everything else of the process have its turn every
 * 20 ms. Ends with `pause`'s error when that throws: it is called at each turn, to see whether the work is still wanted.
 */
export async function inSlices<T>(steps: Iterable<T>, step: (value: T) => void, pause: () => void): Promise<void> {
  let end = performance.now() + sliceMs;
  for (const value of steps) {
    step(value);
    if (performance.now() >= end) {
      await nextTurn();
      pause();
      end = performance.now() + sliceMs;
    }
  }
}
