import type { ServerResponse } from 'node:http';
import { Transform } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/** The requests of Git's smart HTTP protocol: the list of references, a fetch and a push. */
export type GitService = 'info/refs' | 'git-upload-pack' | 'git-receive-pack';

interface FaultScope {
  /** Only these requests are hit; all when absent. With protocol version 2, `git-upload-pack` is ls-refs too. */
  readonly only?: GitService;
}

/** What a Git server can be made to do wrong. */
export type Fault = FaultScope &
  (
    | { /** Take the request and never answer. */ readonly kind: 'hang' }
    | { /** Close the connection without an answer. */ readonly kind: 'reset' }
    | {
        /** Answer with this status and body. */ readonly kind: 'status';
        readonly status: number;
        readonly body?: string;
      }
    | {
        /** Send clients to the same path below another base URL. */
        readonly kind: 'redirect';
        readonly to: string;
        readonly status?: 301 | 302 | 307 | 308;
      }
    | {
        /** End the answer after so many bytes of its body: by closing the connection, or as if that was all. */
        readonly kind: 'truncate';
        readonly afterBytes: number;
        readonly clean?: boolean;
      }
    | {
        /** Send so many bytes of the answer's body and then nothing. */ readonly kind: 'stall';
        readonly afterBytes: number;
      }
    | { /** Send the answer's body that slowly. */ readonly kind: 'drip'; readonly bytesPerSecond: number }
    | { /** Change one byte of the answer's body. */ readonly kind: 'corrupt'; readonly atByte: number }
  );

/**
 * Applies the faults that need no answer of Git's.
 *
 * @returns whether the request is dealt with.
 */
export function failRequest(fault: Fault, url: string, response: ServerResponse): boolean {
  switch (fault.kind) {
    case 'hang':
      return true;
    case 'reset':
      response.destroy();
      return true;
    case 'status':
      response.writeHead(fault.status, { 'content-type': 'text/plain' }).end(fault.body ?? `planned ${fault.status}\n`);
      return true;
    case 'redirect':
      response.writeHead(fault.status ?? 302, { location: fault.to.replace(/\/$/, '') + url }).end();
      return true;
    case 'truncate':
    case 'stall':
    case 'drip':
    case 'corrupt':
      return false;
    default:
      return fault satisfies never;
  }
}

/** What an answer's body is piped through to suffer the fault; undefined when it goes through whole. */
export function bodyFault(fault: Fault | undefined, response: ServerResponse): Transform | undefined {
  switch (fault?.kind) {
    case 'truncate':
      return cut(fault.afterBytes, (ended) => (fault.clean ? ended() : response.socket?.destroySoon()));
    case 'stall':
      return cut(fault.afterBytes, () => {});
    case 'drip':
      return drip(fault.bytesPerSecond);
    case 'corrupt':
      return corrupt(fault.atByte);
    default:
      return undefined;
  }
}

/** Lets `limit` bytes through, calls `then` once, and swallows the rest. */
function cut(limit: number, then: (ended: () => void) => void): Transform {
  let left = limit;
  let done = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      if (done) return callback();
      if (chunk.length <= left) {
        left -= chunk.length;
        return callback(null, chunk);
      }
      done = true;
      this.push(chunk.subarray(0, left));
      // the bytes before the cut shall arrive: they are with the socket by the next turn of the event loop
      setImmediate(() => then(() => this.push(null)));
      callback();
    },
    flush(callback) {
      if (!done) callback(); // when cut, the end is `then`'s to decide
    },
  });
}

function drip(bytesPerSecond: number): Transform {
  const everyMs = 50;
  const size = Math.max(1, Math.round((bytesPerSecond * everyMs) / 1000));
  const pauseMs = (size / bytesPerSecond) * 1000;
  const stopped = new AbortController();
  return new Transform({
    async transform(chunk: Buffer, _encoding, callback) {
      try {
        for (let start = 0; start < chunk.length; start += size) {
          this.push(chunk.subarray(start, start + size));
          await delay(pauseMs, undefined, { signal: stopped.signal });
        }
        callback();
      } catch {
        callback(); // destroyed while waiting
      }
    },
    destroy(error, callback) {
      stopped.abort();
      callback(error);
    },
  });
}

function corrupt(at: number): Transform {
  let position = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      const copy = Buffer.from(chunk);
      const index = at - position;
      position += chunk.length;
      const byte = copy[index];
      if (byte !== undefined) copy[index] = byte ^ 0xff;
      callback(null, copy);
    },
  });
}
