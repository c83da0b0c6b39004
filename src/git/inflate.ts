import { inflateSync } from 'node:zlib';
import { GitError } from './errors.ts';

interface Inflated {
  readonly content: Buffer;
  /** Bytes of the input that the deflated data took: a pack does not say where an entry ends. */
  readonly consumed: number;
}

/** Deflate makes at most so many bytes of one (zlib, "Maximum compression factor"). */
const maxFactor = 1032;

/**
 * Inflates the zlib data at `start`, which must make exactly `size` bytes; what follows it is left alone. `CorruptData`
 * otherwise. The output never exceeds `size` by more than a byte, whatever the data would unfold to.
 */
export function inflateAt(bytes: Buffer, start: number, size: number): Inflated {
  if (size > (bytes.length - start) * maxFactor) {
    throw new GitError('CorruptData', `a compressed object announces ${size} bytes, more than its data can make`);
  }
  let result: { buffer: Buffer; engine: { bytesWritten: number } };
  try {
    // A chunk that holds all of the output halves the cost of a small object.
    const options = { info: true, maxOutputLength: size + 1, chunkSize: Math.max(64, size + 1) };
    result = inflateSync(bytes.subarray(start), options) as unknown as typeof result;
  } catch (error) {
    throw new GitError('CorruptData', 'a compressed object does not inflate', { cause: error });
  }
  if (result.buffer.length !== size) {
    throw new GitError('CorruptData', `a compressed object has ${result.buffer.length} bytes, expected ${size}`);
  }
  return { content: result.buffer, consumed: result.engine.bytesWritten };
}
