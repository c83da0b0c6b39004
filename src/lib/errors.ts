/**
 * One line that says what went wrong, for anything that was thrown. An AggregateError without a message (Node's
 * answer to a refused connection on all addresses of a host) is told by the errors it holds.
 */
export function errorMessage(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(errorMessage).join('; ');
  if (error instanceof Error) return error.message === '' ? error.name : error.message;
  return String(error);
}

/** Whether this is how an aborted call ends: a `DOMException` (or Error) named AbortError. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** Whether this is how a call ends whose deadline passed: a `DOMException` (or Error) named TimeoutError. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}
