import { isTimeout } from '../lib/errors.ts';
import { networkFailure } from '../net/network-failure.ts';
import { GitError } from './errors.ts';

/** What was asked when it failed. */
interface Attempt {
  readonly method: 'Get' | 'Post';
  /** Without credentials. */
  readonly url: string;
  readonly signal: AbortSignal;
}

/** The GitError for a request that brought no answer, or whose answer broke off. A GitError stays what it is. */
export function networkError(error: unknown, attempt: Attempt): GitError {
  if (error instanceof GitError) {
    return error;
  }
  const context = `${attempt.method} "${attempt.url}"`;
  if (attempt.signal.aborted) {
    const ended = signalError(attempt.signal);
    return new GitError(ended.code, `${context}: ${ended.message}`, { cause: error });
  }
  return new GitError('NetworkError', `${context}: ${networkFailure(error)}`, { cause: error });
}

/** The GitError for a signal that has ended the work, in the words of Go's context package. */
export function signalError(signal: AbortSignal): GitError {
  return isTimeout(signal.reason)
    ? new GitError('Timeout', 'context deadline exceeded', { cause: signal.reason })
    : new GitError('Canceled', 'context canceled', { cause: signal.reason });
}
