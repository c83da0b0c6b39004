import type { KubeObject } from '../kube/object.ts';
import type { Applier, ApplyOptions } from './applier.ts';
import { ApplyError } from './apply-error.ts';
import { type Change, hasChanged } from './change-set.ts';
import { formatId } from './object-ref.ts';
import { stages } from './stage.ts';

/** How often those that failed are tried again within one apply. */
const maxRounds = 5;

/** An object that could not be applied. */
export interface ApplyFailure {
  /** As it was given to the applier. */
  readonly object: KubeObject;
  readonly error: ApplyError;
}

/** What was applied, and what could not be. */
export interface EachApplied {
  readonly entries: readonly Change[];
  readonly failed: readonly ApplyFailure[];
}

export interface ApplyEachOptions extends Pick<ApplyOptions, 'force' | 'ignore' | 'signal' | 'beforeStage'> {
  /** How long one definition may take to be ready, in milliseconds. */
  readonly stageTimeoutMs: number;
  /** `--custom-apply-stage-kinds`. */
  readonly customStageKinds: readonly string[];
}

/**
 * Applies objects stage by stage so that one which is refused keeps out no other: a stage that fails as a whole is applied
 * in parts. What failed is tried again as long as others get through, which it may have waited for: a webhook's
 * Service, a quota. Throws the reason of the signal when that is aborted, and whatever is about no single object.
 */
export async function applyEach(
  applier: Pick<Applier, 'applyAll'>,
  objects: readonly KubeObject[],
  { customStageKinds, ...options }: ApplyEachOptions,
): Promise<EachApplied> {
  const made = new Map<string, Change>();
  let left = objects;
  for (let round = 1; ; round++) {
    const failed: ApplyFailure[] = [];
    let isProgress = false;
    for (const stage of stages(left, { customStageKinds })) {
      const result = await applySome(applier, stage.objects, options);
      failed.push(...result.failed);
      isProgress ||= result.entries.some(hasChanged);
      for (const entry of result.entries) keep(made, entry);
    }
    left = failed.map(({ object }) => object);
    if (left.length === 0 || !isProgress || round === maxRounds) return { entries: [...made.values()], failed };
  }
}

/** All of them at once; when that fails, each half by itself: few attempts, and few writes of the inventory. */
async function applySome(
  applier: Pick<Applier, 'applyAll'>,
  objects: readonly KubeObject[],
  options: ApplyOptions,
): Promise<EachApplied> {
  const { entries, error } = await attempt(applier, objects, options);
  const [object] = objects;
  if (error === undefined || object === undefined) return { entries, failed: [] };
  if (objects.length === 1) return { entries, failed: [{ object, error }] };
  const middle = Math.ceil(objects.length / 2);
  const first = await applySome(applier, objects.slice(0, middle), options);
  const second = await applySome(applier, objects.slice(middle), options);
  return {
    entries: [...entries, ...first.entries, ...second.entries],
    failed: [...first.failed, ...second.failed],
  };
}

async function attempt(
  applier: Pick<Applier, 'applyAll'>,
  objects: readonly KubeObject[],
  options: ApplyOptions,
): Promise<{ readonly entries: readonly Change[]; readonly error?: ApplyError }> {
  try {
    return { entries: (await applier.applyAll(objects, options)).entries };
  } catch (error) {
    if (!(error instanceof ApplyError)) throw error;
    return { entries: error.changes.entries, error };
  }
}

/** An object that was changed and then looked at again has been changed. */
function keep(made: Map<string, Change>, entry: Change): void {
  const id = formatId(entry.ref);
  const known = made.get(id);
  if (known === undefined || !hasChanged(known) || hasChanged(entry)) made.set(id, entry);
}
