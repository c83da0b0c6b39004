import { TransportError } from './errors.ts';

const newline = 0x0a;

/**
 * Cuts a stream of bytes into lines, wherever the network cut it. A line is decoded once it is complete, so no
 * character is ever torn; empty lines are left out. At most `maxBytes` of an unfinished line are held.
 */
export class LineDecoder {
  readonly #maxBytes: number;
  readonly #onLine: (line: string) => void;
  #parts: Buffer[] = [];
  #size = 0;

  constructor(maxBytes: number, onLine: (line: string) => void) {
    this.#maxBytes = maxBytes;
    this.#onLine = onLine;
  }

  /** Whether a line has begun that has not ended. */
  get unfinished(): boolean {
    return this.#size > 0;
  }

  /** Hands on every line that `chunk` completes. Throws TransportError `TooLarge`, and what the receiver throws. */
  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      const line = this.#complete(chunk, from, at);
      from = at + 1;
      if (line !== '') this.#onLine(line);
    }
    if (from < chunk.length) this.#keep(from === 0 ? chunk : chunk.subarray(from));
  }

  #complete(chunk: Buffer, from: number, to: number): string {
    if (this.#size === 0) {
      this.#check(to - from);
      return chunk.toString('utf8', from, to);
    }
    this.#keep(chunk.subarray(from, to));
    const line = Buffer.concat(this.#parts, this.#size).toString('utf8');
    this.#parts = [];
    this.#size = 0;
    return line;
  }

  #keep(part: Buffer): void {
    this.#check(this.#size + part.length);
    this.#parts.push(part);
    this.#size += part.length;
  }

  #check(size: number): void {
    if (size <= this.#maxBytes) return;
    throw new TransportError(`a watch event is larger than ${this.#maxBytes} bytes`, { code: 'TooLarge' });
  }
}
