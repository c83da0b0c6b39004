/**
 * What went wrong, for a caller to decide by; the message is for people. Each code is one situation of a user:
 * - `InvalidReference`: the address, tag or digest cannot work as written. `InvalidCredentials`: neither can what the
 *   registry should know us by.
 * - `AuthenticationFailed`: the registry wants other credentials (401, 403). `NotFound`: nothing of that name (404).
 * - `Timeout`, `Canceled`: the caller's signal ended it. `NetworkError`: no connection, or it broke.
 * - `TooManyRequests`: 429, also after waiting as long as was asked for. `ServerError`: any other status.
 * - `RedirectRefused`: a redirect, a token server or a next page at an address that is not asked.
 * - `ProtocolError`: the answer is not that of a registry. `DigestMismatch`: content is not what its digest says.
 * - `TooLarge`: one of the limits. `Unsupported`: a kind of manifest that cannot be used.
 */
export const ociErrorCodes = [
  'InvalidReference',
  'InvalidCredentials',
  'AuthenticationFailed',
  'NotFound',
  'Timeout',
  'Canceled',
  'NetworkError',
  'TooManyRequests',
  'ServerError',
  'RedirectRefused',
  'ProtocolError',
  'DigestMismatch',
  'TooLarge',
  'Unsupported',
] as const;

/** One of {@link ociErrorCodes}. */
export type OciErrorCode = (typeof ociErrorCodes)[number];

/** The only error that this folder throws on purpose. Its message never holds a credential. */
export class OciError extends Error {
  override readonly name = 'OciError';
  readonly code: OciErrorCode;
  /** The HTTP status that told it, if one did. */
  readonly status: number | undefined;
  /** How long the server wants to be left alone, where that is longer than was waited for. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: OciErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly status?: number; readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }
}
