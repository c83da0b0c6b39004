import { getSystemErrorMessage } from 'node:util';
import { errorMessage } from '../lib/errors.ts';

/**
 * What went wrong on disk, without paths: those of unfinished files are new at each attempt, and a message that
 * changes each time would make a condition flap. Other errors are told as they are.
 */
export function diskProblem(error: unknown): string {
  const errno = error instanceof Error && 'errno' in error ? error.errno : undefined;
  return typeof errno === 'number' ? getSystemErrorMessage(errno) : errorMessage(error);
}
