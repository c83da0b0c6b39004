import type { IncomingMessage } from 'node:http';

/** Why a body was not read: the status to answer with. The message is fit for logs. */
export class BodyRefused extends Error {
  override readonly name = 'BodyRefused';
  readonly status: 400 | 408 | 413 | 415 | 503;

  constructor(status: BodyRefused['status'], message: string) {
    super(message);
    this.status = status;
  }
}

/** What all bodies that are being read at one time may take up together. */
export class BodyBudget {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether `bytes` more fit in; if so, they are taken. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return false;
    this.#bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}

export interface BodyLimits {
  readonly maxBytes: number;
  /** For the whole of the body. */
  readonly timeoutMs: number;
  readonly budget: BodyBudget;
}

/**
 * The body of a request. Throws {@link BodyRefused}: too large (413, at once when the header says so), too slow (408),
 * cut short (400), compressed (415), or more than the budget of all has room for (503). What was not read is left: the
 * connection cannot be used again.
 */
export function readBody(request: IncomingMessage, { maxBytes, timeoutMs, budget }: BodyLimits): Promise<Uint8Array> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    return Promise.reject(new BodyRefused(415, 'the body is compressed'));
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBytes) return Promise.reject(tooLarge(maxBytes));
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  // One buffer that grows, and not all the pieces: those of a single byte take a hundred times their size.
  let body = new Uint8Array(0);
  let size = 0;
  const timer = setTimeout(() => reject(new BodyRefused(408, 'the body came too slowly')), timeoutMs);
  const onData = (chunk: Uint8Array): void => {
    if (size + chunk.length > maxBytes) reject(tooLarge(maxBytes));
    else if (!budget.take(chunk.length)) reject(new BodyRefused(503, 'too many bodies at once'));
    else {
      body = withRoom(body, size + chunk.length, maxBytes);
      body.set(chunk, size);
      size += chunk.length;
    }
  };
  const cutShort = (): void => reject(new BodyRefused(400, 'the body was cut short'));
  request
    .on('data', onData)
    .once('end', () => resolve(body.subarray(0, size)))
    .once('error', cutShort)
    .once('close', cutShort);
  return promise.finally(() => {
    clearTimeout(timer);
    budget.give(size);
    request.off('data', onData).off('error', cutShort).off('close', cutShort).on('error', ignore).pause();
  });
}

/** `body`, or a larger one with what is in it. */
function withRoom(body: Uint8Array<ArrayBuffer>, size: number, maxBytes: number): Uint8Array<ArrayBuffer> {
  if (size <= body.length) return body;
  const larger = new Uint8Array(Math.max(size, Math.min(2 * body.length, maxBytes)));
  larger.set(body);
  return larger;
}

function tooLarge(maxBytes: number): BodyRefused {
  return new BodyRefused(413, `the body is larger than ${maxBytes} bytes`);
}

function ignore(): void {}
