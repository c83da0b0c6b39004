import { PgpError } from './pgp-error.ts';

/** Reads bytes in order; never beyond the end. Throws {@link PgpError} there. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  /** An unsigned big-endian number of up to six bytes. */
  number(length: number): number {
    return this.take(length).reduce((value, byte) => value * 256 + byte, 0);
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw new PgpError('it ends too early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  rest(): Uint8Array {
    return this.take(this.left);
  }

  /** A multiprecision integer without leading zero bytes (RFC 9580, 3.2). */
  mpi(): Uint8Array {
    return this.take(Math.ceil(this.number(2) / 8));
  }
}
