import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { blake3 } from '@noble/hashes/blake3.js';
import { ArtifactError } from './artifact-error.ts';

/** The algorithms of `--artifact-digest-algo` (pkg/artifact/digest), but for sha1, which proves nothing any more. */
export const digestAlgorithms = ['sha256', 'sha384', 'sha512', 'blake3'] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

const hexLength: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha384: 96, sha512: 128, blake3: 64 };

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

/** Takes bytes piece by piece, and then gives their digest, once. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** `<algorithm>:<hex>` of all that came. */
  digest(): string;
}

export function createHasher(algorithm: DigestAlgorithm): Hasher {
  if (algorithm === 'blake3') {
    const hash = blake3.create();
    return {
      update: (bytes) => void hash.update(bytes),
      digest: () => `${algorithm}:${Buffer.from(hash.digest()).toString('hex')}`,
    };
  }
  const hash = createHash(algorithm);
  return { update: (bytes) => void hash.update(bytes), digest: () => `${algorithm}:${hash.digest('hex')}` };
}

/** The digest of a file as `<algorithm>:<hex>`. Rejects when the file cannot be read. */
export function digestFile(path: string, algorithm: DigestAlgorithm, signal?: AbortSignal): Promise<string> {
  return digestStream(createReadStream(path, { highWaterMark: 256 * 1024 }), algorithm, signal);
}

/** The digest of all that a stream of bytes gives, as `<algorithm>:<hex>`. */
export async function digestStream(
  stream: Readable,
  algorithm: DigestAlgorithm,
  signal?: AbortSignal,
): Promise<string> {
  const hasher = createHasher(algorithm);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    signal?.throwIfAborted();
    hasher.update(chunk);
  }
  return hasher.digest();
}
