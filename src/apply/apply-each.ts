import type { KubeObject } from '../kube/object.ts';
import type { Applier, ApplyFailure, ApplyOptions } from './applier.ts';
import { type Change, hasChanged } from './change-set.ts';

/** How often those that failed are tried again within one apply. */
const maxRounds = 5;

/** What was applied, and what could not be. */
export interface EachApplied {
  readonly entries: readonly Change[];
  /** In the order of the objects; those that did not get ready in time last. */
  readonly failed: readonly ApplyFailure[];
}

/**
 * Applies each object by itself, stage by stage: one that is refused keeps out no other. What failed is tried again as
 * long as others get through, which it may have waited for: a definition, a namespace, a webhook's Service. Throws the
 * reason of the signal when that is aborted, and whatever is about no single object.
 */
export async function applyEach(
  applier: Pick<Applier, 'applyAll'>,
  objects: readonly KubeObject[],
  options: Omit<ApplyOptions, 'onFailure'>,
): Promise<EachApplied> {
  const entries: Change[] = [];
  let failed: ApplyFailure[] = [];
  let left = objects;
  for (let round = 1; round <= maxRounds; round++) {
    const failures = new Map<KubeObject | undefined, ApplyFailure>();
    const made = await applier.applyAll(left, {
      ...options,
      onFailure: (failure) => void failures.set(failure.object, failure),
    });
    entries.push(...made.entries);
    left = left.filter((object) => failures.has(object));
    const unready = failures.get(undefined);
    failed = [...left, ...(unready === undefined ? [] : [undefined])].flatMap((object) => failures.get(object) ?? []);
    if (left.length === 0 || !made.entries.some(hasChanged)) break;
  }
  return { entries, failed };
}
