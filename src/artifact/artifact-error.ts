/**
 * Why an artifact could not be stored, fetched or unpacked:
 * - `NotFound`: the server has no such file, also after all retries.
 * - `DigestMismatch`: the bytes are not those that the status promised.
 * - `TooLarge`: a bound on bytes, files or compression ratio was exceeded.
 * - `Unavailable`: the server could not be reached or answered with an error.
 * - `Refused`: the URL, digest or archive asks for something that is never done (another scheme, a path that leaves
 *   the archive, a device).
 * - `Corrupt`: not a tar.gz, or cut short.
 */
export type ArtifactErrorCode = 'NotFound' | 'DigestMismatch' | 'TooLarge' | 'Unavailable' | 'Refused' | 'Corrupt';

/** A failure around an artifact; the message holds no credentials. */
export class ArtifactError extends Error {
  override readonly name = 'ArtifactError';
  readonly code: ArtifactErrorCode;

  constructor(code: ArtifactErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}
