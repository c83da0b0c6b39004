import { GitError, quoted } from './errors.ts';
import { remoteError } from './remote-error.ts';

/** Longest packet of the protocol, its four digits of length included (gitprotocol-common, "pkt-line Format"). */
export const maxPacketBytes = 65_520;

/** Ends a message. */
export const flushPacket = '0000';
/** Separates the sections of a message (protocol v2). */
export const delimiterPacket = '0001';

/** One packet: `data` with its payload, or one of the marks, whose payload is empty. */
export interface Packet {
  readonly type: 'data' | 'flush' | 'delimiter' | 'response-end';
  readonly payload: Buffer;
}

const nothing = Buffer.alloc(0);
const marks: readonly (Packet | undefined)[] = [
  { type: 'flush', payload: nothing },
  { type: 'delimiter', payload: nothing },
  { type: 'response-end', payload: nothing },
  undefined,
];

/** A data packet for a line of text, ended with LF as the protocol recommends. Throws RangeError when it is too long. */
export function encodePacket(line: string): string {
  const length = Buffer.byteLength(line) + 5;
  if (length > maxPacketBytes) {
    throw new RangeError(`a packet of ${length} bytes exceeds ${maxPacketBytes}`);
  }
  return `${length.toString(16).padStart(4, '0')}${line}\n`;
}

/** The text of a packet without its final LF. */
export function packetText(packet: Packet): string {
  const { payload } = packet;
  const end = payload.at(-1) === 0x0a ? payload.length - 1 : payload.length;
  return payload.toString('utf8', 0, end);
}

/**
 * Takes packets out of a stream of bytes. `maxBytes` bounds what is read in all; a stream that ends inside a packet, or
 * where another packet must follow, is a `ProtocolError`. An `ERR` packet is thrown as one too, with the server's text.
 */
export class PacketReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #maxBytes: number;
  #buffer: Buffer = nothing;
  #offset = 0;
  #read = 0;

  constructor(source: AsyncIterable<Uint8Array>, maxBytes: number) {
    this.#source = source[Symbol.asyncIterator]();
    this.#maxBytes = maxBytes;
  }

  /** The next packet; undefined when the stream ended cleanly between packets. */
  async next(): Promise<Packet | undefined> {
    if (!(await this.#has(4))) {
      if (this.#buffer.length > this.#offset) {
        throw truncated();
      }
      return undefined;
    }
    const length = this.#packetLength();
    const mark = length < 4 ? marks[length] : undefined;
    if (mark !== undefined) {
      this.#offset += 4;
      return mark;
    }
    if (length < 4 || length > maxPacketBytes) {
      throw new GitError('ProtocolError', `invalid packet length ${length}`);
    }
    if (!(await this.#has(length))) {
      throw truncated();
    }
    const payload = this.#buffer.subarray(this.#offset + 4, this.#offset + length);
    this.#offset += length;
    if (payload.length > 4 && payload.toString('latin1', 0, 4) === 'ERR ') {
      throw remoteError(payload.toString('utf8', 4));
    }
    return { type: 'data', payload };
  }

  /** The next packet, where the protocol says that there is one. */
  async expect(): Promise<Packet> {
    const packet = await this.next();
    if (packet === undefined) {
      throw truncated();
    }
    return packet;
  }

  /** Gives the connection back: what the server sends after the end of the message is not read. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  #packetLength(): number {
    const digits = this.#buffer.toString('latin1', this.#offset, this.#offset + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) {
      throw new GitError('ProtocolError', `invalid packet length ${quoted(digits)}`);
    }
    return Number.parseInt(digits, 16);
  }

  async #has(count: number): Promise<boolean> {
    while (this.#buffer.length - this.#offset < count) {
      const chunk = await this.#source.next();
      if (chunk.done === true) {
        return false;
      }
      this.#read += chunk.value.byteLength;
      if (this.#read > this.#maxBytes) {
        throw new GitError('TooLarge', `the server's answer exceeds ${this.#maxBytes} bytes`);
      }
      const rest = this.#buffer.subarray(this.#offset);
      const bytes = Buffer.from(chunk.value.buffer, chunk.value.byteOffset, chunk.value.byteLength);
      this.#buffer = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      this.#offset = 0;
    }
    return true;
  }
}

function truncated(): GitError {
  return new GitError('ProtocolError', 'the answer ends too early (unexpected EOF)');
}
