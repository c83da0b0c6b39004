import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ArtifactError } from './artifact-error.ts';

/** The algorithms of `--artifact-digest-algo` (pkg/artifact/digest; upstream's blake3 has no counterpart in Node). */
export const digestAlgorithms = ['sha256', 'sha384', 'sha512'] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

const hexLength: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha384: 96, sha512: 128 };

export interface Digest {
  readonly algorithm: DigestAlgorithm;
  /** Lower-case hexadecimal. */
  readonly hex: string;
}

/**
 * Reads `<algorithm>:<hex>` as `status.artifact.digest` holds it; bare hexadecimal counts as sha256, as in
 * pkg/http/fetch. Throws {@link ArtifactError} `Refused` for anything else.
 */
export function parseDigest(text: string): Digest {
  const colon = text.indexOf(':');
  const algorithm = digestAlgorithms.find((name) => name === (colon < 0 ? 'sha256' : text.slice(0, colon)));
  const hex = text.slice(colon + 1);
  if (algorithm === undefined) {
    throw new ArtifactError('Refused', `unsupported digest '${text}': expected one of ${digestAlgorithms.join(', ')}`);
  }
  if (hex.length !== hexLength[algorithm] || !/^[0-9a-f]+$/.test(hex)) {
    throw new ArtifactError('Refused', `malformed digest '${text}'`);
  }
  return { algorithm, hex };
}

export function createHasher(algorithm: DigestAlgorithm): Hash {
  return createHash(algorithm);
}

/** The digest of a file as `<algorithm>:<hex>`. Rejects when the file cannot be read. */
export function digestFile(path: string, algorithm: DigestAlgorithm, signal?: AbortSignal): Promise<string> {
  return digestStream(createReadStream(path, { highWaterMark: 256 * 1024 }), algorithm, signal);
}

/** The digest of all that a stream gives, as `<algorithm>:<hex>`. */
export async function digestStream(
  stream: Readable,
  algorithm: DigestAlgorithm,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHasher(algorithm);
  await pipeline(stream, hash, signal === undefined ? {} : { signal });
  return `${algorithm}:${hash.digest('hex')}`;
}
