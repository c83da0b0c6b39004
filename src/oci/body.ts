import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { OciError } from './oci-error.ts';

type Body = Dispatcher.ResponseData['body'];

const maxDrainedBytes = 16 * 1024;

/** The whole body. Throws `TooLarge` when there are more than `maxBytes`; `what` names it then. */
export async function readBody(body: Body, maxBytes: number, what: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) {
      discard(body);
      throw new OciError('TooLarge', `${what} is larger than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The beginning of an error's body; whatever happens on the way is not worth telling. */
export async function readBeginning(body: Body, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= maxBytes) break;
    }
  } catch {
    // The status tells enough.
  }
  discard(body);
  return Buffer.concat(chunks).toString('utf8', 0, maxBytes);
}

/** Lets go of a body that nobody reads on: a little is read to its end, so that the connection can be used again. */
export function discard(body: Readable): void {
  let left = maxDrainedBytes;
  body.on('error', () => undefined);
  body.on('data', (chunk: Uint8Array) => {
    left -= chunk.byteLength;
    if (left < 0) body.destroy();
  });
}
