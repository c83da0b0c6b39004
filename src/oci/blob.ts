import { createHash } from 'node:crypto';
import { discard } from './body.ts';
import type { HttpResponse } from './http-exchange.ts';
import { OciError } from './oci-error.ts';

/** What is promised of content. */
export interface Expected {
  /** `sha256:<hex>`. */
  readonly digest: string;
  /** Bytes, where a descriptor tells it. */
  readonly size?: number | undefined;
  /** Limit, bytes. */
  readonly maxBytes: number;
  /** The error for a connection that breaks. */
  readonly broken: (error: unknown) => OciError;
  /** The content from that byte on; undefined where the server gives no parts. */
  readonly resume: (offset: number) => Promise<HttpResponse | undefined>;
}

const maxResumes = 3;

/**
 * The content of an answer, piece by piece, held against its digest and size: whoever reads to the end has what was
 * promised, whoever sees an error must forget all of it. Throws `DigestMismatch`, `TooLarge`, `NetworkError`.
 */
export async function* verified(response: HttpResponse, expected: Expected): AsyncGenerator<Uint8Array> {
  const { digest, size, maxBytes } = expected;
  try {
    const announced = response.headers['content-length'];
    checkSize(typeof announced === 'string' ? Number(announced) : undefined, expected);
    const hash = createHash('sha256');
    let length = 0;
    for await (const chunk of chunksOf(response, expected)) {
      length += chunk.byteLength;
      if (length > Math.min(maxBytes, size ?? maxBytes)) checkSize(length, expected);
      hash.update(chunk);
      yield chunk;
    }
    checkSize(length, expected);
    const actual = `sha256:${hash.digest('hex')}`;
    if (actual !== digest)
      throw new OciError(
        'DigestMismatch',
        `error verifying sha256 checksum after reading ${length} bytes; got ${JSON.stringify(actual)}, want ${JSON.stringify(digest)}`,
      );
  } finally {
    discard(response.body);
  }
}

function checkSize(length: number | undefined, { digest, size, maxBytes }: Expected): void {
  if (length === undefined) return;
  if (length > maxBytes) throw new OciError('TooLarge', `blob ${digest} is larger than ${maxBytes} bytes`);
  if (size !== undefined && length !== size) {
    throw new OciError('DigestMismatch', `blob ${digest} has ${length} bytes, but its manifest says ${size}`);
  }
}

/** The pieces of the content; where the connection breaks, the rest is asked for, a few times. */
async function* chunksOf(first: HttpResponse, { broken, resume }: Expected): AsyncGenerator<Uint8Array> {
  let response = first;
  let offset = 0;
  for (let resumed = 0; ; resumed++) {
    try {
      for await (const chunk of response.body) {
        offset += chunk.byteLength;
        yield chunk;
      }
      return;
    } catch (error) {
      const failure = broken(error);
      const isBroken = failure.code === 'NetworkError' && offset > 0 && resumed < maxResumes;
      const rest = isBroken ? await resume(offset) : undefined;
      if (rest === undefined) throw failure;
      response = rest;
    } finally {
      discard(response.body);
    }
  }
}
