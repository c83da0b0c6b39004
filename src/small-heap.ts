import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 trade a tenth of CPU time for half of the memory that a controller would take. The part of the heap that new
 * objects are made in stays at the 2 MiB of the start, where it would grow to 48 MiB and stay there; the old part is
 * collected when it has grown by two fifths, not when it has doubled or more.
 *
 * Must come before anything is loaded. A flag of the command line would not reach all ways of starting a process.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=40');
}
