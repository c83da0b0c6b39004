import { writeSync } from 'node:fs';

/**
 * Prints without the streams of `process.stdout`, whose loading takes longer than the writing; a reader who lags is left
 * to them.
 */
export function printAtOnce(text: string): void {
  const bytes = Buffer.from(text);
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(1, bytes, written);
  } catch {
    process.stdout.write(bytes.subarray(written));
  }
}
