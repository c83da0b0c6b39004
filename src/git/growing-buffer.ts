import { GitError } from './errors.ts';

const firstBytes = 64 * 1024;

/**
 * Bytes of unknown number, in one piece, without ever being copied: the memory is reserved as addresses and taken as it
 * fills. More than `maxBytes` is the error `TooLarge`, told of `what`.
 */
export class GrowingBuffer {
  readonly #memory: ArrayBuffer;
  readonly #bytes: Uint8Array;
  readonly #maxBytes: number;
  readonly #what: string;
  #length = 0;

  constructor(maxBytes: number, what: string) {
    this.#memory = new ArrayBuffer(Math.min(firstBytes, maxBytes), { maxByteLength: maxBytes });
    this.#bytes = new Uint8Array(this.#memory);
    this.#maxBytes = maxBytes;
    this.#what = what;
  }

  /** Adds a copy of the bytes at the end. */
  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.byteLength;
    if (length > this.#maxBytes) {
      throw new GitError('TooLarge', `${this.#what} exceeds ${this.#maxBytes} bytes`);
    }
    if (length > this.#memory.byteLength) {
      this.#memory.resize(Math.min(this.#maxBytes, Math.max(length, this.#memory.byteLength * 2)));
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  /** All bytes so far, sharing memory: nothing may be appended afterwards. */
  finish(): Buffer {
    this.#memory.resize(this.#length);
    return Buffer.from(this.#memory, 0, this.#length);
  }
}
