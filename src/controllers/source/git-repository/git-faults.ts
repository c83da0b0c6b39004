import type { GitRepository } from '../../../crds/source/git-repository.ts';
import { GitError } from '../../../git/errors.ts';
import { isTimeout } from '../../../lib/errors.ts';
import { fetchFailed } from '../faults.ts';

/**
 * What a failure of Git's means for the object, in upstream's words (gitrepository_controller.go, gitCheckout).
 * `signal` is the one that the operation ran under, with its deadline. What is no failure of Git's comes back as it is.
 */
export function gitFault(error: unknown, object: GitRepository, signal: AbortSignal): unknown {
  if (signal.aborted && isTimeout(signal.reason) && !(error instanceof GitError)) {
    const message = `failed to checkout and determine revision: unable to clone '${object.spec.url}': context deadline exceeded`;
    return fetchFailed('retry', 'GitOperationFailed', message, error);
  }
  if (!(error instanceof GitError)) return error;
  switch (error.code) {
    case 'InvalidURL':
      return fetchFailed('stalled', 'URLInvalid', `failed to parse url '${object.spec.url}': ${error.message}`, error);
    case 'SparseDirectoryNotFound':
      return fetchFailed(
        'retry',
        'GitOperationFailed',
        `failed to sparse checkout directories : ${error.message}`,
        error,
      );
    case 'EmptyRepository':
      if (followsBranch(object)) return fetchFailed('retry', 'EmptyGitRepository', 'git repository is empty', error);
      return operationFailed(error);
    default:
      return operationFailed(error);
  }
}

function operationFailed(error: GitError): unknown {
  return fetchFailed(
    'retry',
    'GitOperationFailed',
    `failed to checkout and determine revision: ${error.message}`,
    error,
  );
}

function followsBranch({ spec: { ref } }: GitRepository): boolean {
  return [ref?.commit, ref?.name, ref?.semver, ref?.tag].every((part) => part === undefined || part === '');
}
