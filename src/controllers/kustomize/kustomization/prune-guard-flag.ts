import { InvalidArgumentError } from 'commander';
import { errorMessage } from '../../../lib/errors.ts';
import type { Flag } from '../../../runtime/flag-types.ts';
import { PRUNE_GUARD } from './extensions.ts';
import { type PruneGuard, parsePruneGuard } from './prune-guard.ts';

/** `--prune-guard`: the guard of Kustomizations that have no annotation for it. Ours; Flux has none. */
export const pruneGuardFlag: Flag<PruneGuard | undefined> = {
  name: 'prune-guard',
  takes: 'limits',
  default: undefined,
  defaultText: 'none',
  description: `Hold deletions beyond these limits until they are approved, for example 10,25%,on-delete; the annotation ${PRUNE_GUARD} has its own.`,
  parse(text) {
    try {
      return parsePruneGuard(text);
    } catch (error) {
      throw new InvalidArgumentError(errorMessage(error));
    }
  },
};
