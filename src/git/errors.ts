/**
 * What went wrong, for a caller to decide by; the message is for people. Each code is one situation of a user:
 * - `InvalidURL`, `UnsupportedTransport`, `InvalidReference`: the specification cannot work as written.
 * - `AuthenticationFailed`: the server wants other credentials (401, 403).
 * - `RepositoryNotFound`, `EmptyRepository`, `ReferenceNotFound`, `ObjectNotFound`, `SparseDirectoryNotFound`: asked
 *   for something that is not there.
 * - `Timeout`, `Canceled`: the caller's signal ended it. `NetworkError`: no connection, or it broke.
 * - `ServerError`: an HTTP status that tells nothing better. `RedirectRefused`: a redirect that is not followed.
 * - `ProtocolError`: the answer is not Git's protocol, or is cut short. `CorruptData`: an object or pack is not valid.
 * - `TooLarge`: one of the limits. `UnsafePath`: a name in a tree that must not be written anywhere.
 * - `InvalidSubmodule`: `.gitmodules` names an address that is none, or not supported: only a commit can mend that.
 */
export const gitErrorCodes = [
  'InvalidURL',
  'UnsupportedTransport',
  'InvalidReference',
  'AuthenticationFailed',
  'RepositoryNotFound',
  'EmptyRepository',
  'ReferenceNotFound',
  'ObjectNotFound',
  'SparseDirectoryNotFound',
  'Timeout',
  'Canceled',
  'NetworkError',
  'ServerError',
  'RedirectRefused',
  'ProtocolError',
  'CorruptData',
  'TooLarge',
  'UnsafePath',
  'InvalidSubmodule',
] as const;

/** One of {@link gitErrorCodes}. */
export type GitErrorCode = (typeof gitErrorCodes)[number];

/** The only error that this folder throws on purpose. Its message never holds a credential. */
export class GitError extends Error {
  override readonly name = 'GitError';
  readonly code: GitErrorCode;

  constructor(code: GitErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}

/**
 * The error with what was being done in front of its message, as `context: message`, and with another code where the
 * context gives it another meaning. Anything that is not a GitError is a bug and comes back as it is.
 */
export function withContext(
  context: string,
  error: unknown,
  codes: Partial<Readonly<Record<GitErrorCode, GitErrorCode>>> = {},
): unknown {
  if (!(error instanceof GitError)) {
    return error;
  }
  return new GitError(codes[error.code] ?? error.code, `${context}: ${error.message}`, { cause: error });
}

const maxForeignText = 200;

/** Text from a server, fit for a one-line message: first line, printable, at most 200 characters. */
export function foreignText(text: string): string {
  const firstLine = text.trim().split(/[\r\n]/, 1)[0] ?? '';
  const printable = firstLine.replace(/\p{C}/gu, '');
  return printable.length > maxForeignText ? `${printable.slice(0, maxForeignText)}...` : printable;
}

/** The text in quotes as Go's `%q` writes it, nearly: what cannot be seen is escaped. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\p{C}\p{Z}]/gu, (character) =>
    character === ' ' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
