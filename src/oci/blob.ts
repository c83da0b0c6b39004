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
}

/**
 * The content of an answer, piece by piece, held against its digest and size: whoever reads to the end has what was
 * promised, whoever sees an error must forget all of it. Throws `DigestMismatch`, `TooLarge`, `NetworkError`.
 */
export async function* verified({ body, headers }: HttpResponse, expected: Expected): AsyncGenerator<Uint8Array> {
  const { digest, size, maxBytes, broken } = expected;
  try {
    const announced = headers['content-length'];
    checkSize(typeof announced === 'string' ? Number(announced) : undefined, expected);
    const hash = createHash('sha256');
    let length = 0;
    for await (const chunk of chunksOf(body, broken)) {
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
    discard(body);
  }
}

function checkSize(length: number | undefined, { digest, size, maxBytes }: Expected): void {
  if (length === undefined) return;
  if (length > maxBytes) throw new OciError('TooLarge', `blob ${digest} is larger than ${maxBytes} bytes`);
  if (size !== undefined && length !== size) {
    throw new OciError('DigestMismatch', `blob ${digest} has ${length} bytes, but its manifest says ${size}`);
  }
}

async function* chunksOf(
  body: AsyncIterable<Uint8Array>,
  broken: (error: unknown) => OciError,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    throw broken(error);
  }
}
