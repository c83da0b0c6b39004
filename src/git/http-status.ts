import { redact } from '../lib/redact.ts';
import { foreignText, GitError } from './errors.ts';

/** The part of a response that says what went wrong. */
export interface FailedResponse {
  readonly status: number;
  readonly contentType: string;
  /** The beginning of the body. */
  readonly body: string;
}

/**
 * The error for an HTTP status other than 200, in go-git's words (plumbing/transport/http, NewErr). A body is quoted
 * when it is plain text: a login page helps nobody. `url` is without credentials.
 */
export function statusError(response: FailedResponse, url: string, credentialsWithheld: boolean): GitError {
  const { status } = response;
  const plain = /^(?:text\/plain\b|$)/i.test(response.contentType);
  const reason = plain ? foreignText(redact(response.body)) : '';
  const hint = credentialsWithheld ? ' (credentials were not sent, because a redirect led to another host)' : '';
  switch (status) {
    case 401:
      return new GitError('AuthenticationFailed', `authentication required: ${reason}${hint}`);
    case 403:
      return new GitError('AuthenticationFailed', `authorization failed: ${reason}${hint}`);
    case 404:
    case 410:
      return new GitError('RepositoryNotFound', `repository not found: ${reason}${hint}`);
    default:
      return new GitError('ServerError', `unexpected requesting "${url}" status code: ${status}${hint}`);
  }
}

/** The error for a 200 that is no smart HTTP answer; `expected` is the content type it should have had. */
export function contentTypeError(contentType: string, expected: string): GitError {
  const got = contentType === '' ? 'no content type' : `content type '${foreignText(contentType)}'`;
  return new GitError(
    'ProtocolError',
    `the server answered with ${got}, expected '${expected}': it is no Git repository or has no smart HTTP`,
  );
}
