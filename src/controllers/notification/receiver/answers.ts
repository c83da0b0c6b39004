import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a call is answered with. */
export interface Answer {
  readonly status: number;
  readonly location?: string;
  readonly body: string;
}

/** What is still taken of a body after its call was answered, and of how many at one time. */
const lingerMs = 5000;
const maxLingerBytes = 8 * 1024 * 1024;
const maxLingering = 16;

/** Sends answers. */
export class Answers {
  #lingering = 0;

  /**
   * Where the rest of a body is still on its way, some of it is taken and thrown away: a caller that is cut off while it
   * sends does not see what it was answered. When many do that at one time, they are cut off all the same.
   */
  send(request: IncomingMessage, response: ServerResponse, { status, location, body }: Answer): void {
    const headers = {
      'content-length': body.length,
      ...(body === '' ? {} : { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }),
      ...(location === undefined ? {} : { location }),
    };
    if (request.complete) {
      response.writeHead(status, headers);
      response.end(body);
      return;
    }
    response.writeHead(status, { ...headers, connection: 'close' });
    if (this.#lingering < maxLingering) {
      response.write(body);
      response.flushHeaders();
      this.#linger(request, response);
    } else {
      response.end(body, () => request.destroy());
    }
  }

  #linger(request: IncomingMessage, response: ServerResponse): void {
    this.#lingering += 1;
    let left = maxLingerBytes;
    const timer = setTimeout(() => request.destroy(), lingerMs);
    request.on('data', (chunk: Uint8Array) => {
      left -= chunk.length;
      if (left < 0) request.destroy();
    });
    request.once('end', () => response.end());
    request.once('close', () => {
      clearTimeout(timer);
      this.#lingering -= 1;
    });
    request.on('error', () => undefined);
    request.resume();
  }
}
