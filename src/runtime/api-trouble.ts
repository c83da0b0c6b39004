import { ApiError, TransportError } from '../kube/errors.ts';
import { isAbort, isTimeout } from '../lib/errors.ts';

/** Errors that are no bug of ours: the API server refused, or could not be reached, or took too long. */
export function isApiTrouble(error: unknown): boolean {
  return error instanceof ApiError || error instanceof TransportError || isAbort(error) || isTimeout(error);
}
