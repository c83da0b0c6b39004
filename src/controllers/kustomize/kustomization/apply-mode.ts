import type { Applier, ApplyOptions } from '../../../apply/applier.ts';
import { type ApplyFailure, applyEach, type EachApplied } from '../../../apply/apply-each.ts';
import { ApplyError } from '../../../apply/apply-error.ts';
import type { ChangeSet } from '../../../apply/change-set.ts';
import { type PrepareOptions, prepareObjects } from '../../../apply/prepare.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { KustomizationDeps } from './deps.ts';
import { refuseEncrypted } from './encrypted.ts';
import { APPLY_MODE, invalidAnnotation } from './extensions.ts';

/** What one object that cannot be applied does to the others: keeps them out from its stage on, or nothing. */
export type ApplyMode = 'staged' | 'each';

const modes: readonly ApplyMode[] = ['staged', 'each'];

/** Failures that a message tells in full. */
const maxTold = 10;
/** How long one message may be: conditions have an end. */
const maxLength = 2_000;
/** One definition that does not get ready must not keep out the rest for the whole timeout. */
const stageTimeoutMs = 60_000;

/** The mode that the annotation asks for. Throws a stalled InvalidAnnotation fault. */
export function applyModeOf({ metadata }: Kustomization): ApplyMode {
  const text = metadata.annotations?.[APPLY_MODE] ?? 'staged';
  const mode = modes.find((known) => known === text);
  if (mode === undefined) throw invalidAnnotation(APPLY_MODE, `'${text}': expected ${modes.join(' or ')}`);
  return mode;
}

/**
 * Prepares and applies built objects. Staged, the first that fails ends it with an {@link ApplyError}, as in Flux; by
 * each, what failed is given back, and all others are applied.
 */
export async function applyInMode(
  object: Kustomization,
  objects: readonly KubeObject[],
  prepare: PrepareOptions,
  { applier, deps, ...options }: ApplyOptions & { readonly applier: Applier; readonly deps: KustomizationDeps },
): Promise<EachApplied & ChangeSet> {
  if (applyModeOf(object) === 'staged') {
    refuseEncrypted(objects);
    return { ...(await applier.applyAll(prepareObjects(objects, prepare), options)), failed: [] };
  }
  const refused: ApplyFailure[] = [];
  const prepared = objects.flatMap((one) => {
    try {
      refuseEncrypted([one]);
      return prepareObjects([one], prepare);
    } catch (error) {
      if (!(error instanceof ApplyError)) throw error;
      refused.push({ object: one, error });
      return [];
    }
  });
  const { entries, failed } = await applyEach(applier, prepared, {
    signal: options.signal,
    ...(options.force === undefined ? {} : { force: options.force }),
    ...(options.ignore === undefined ? {} : { ignore: options.ignore }),
    ...(options.beforeStage === undefined ? {} : { beforeStage: options.beforeStage }),
    customStageKinds: deps.customStageKinds,
    stageTimeoutMs: Math.min(options.stageTimeoutMs ?? stageTimeoutMs, stageTimeoutMs),
  });
  return { entries, failed: [...refused, ...failed] };
}

/** The fault of an apply that got through but for some objects. What left the source is kept until all is applied. */
export function partialFault(failed: readonly ApplyFailure[], total: number): Fault {
  const told = failed.slice(0, maxTold).map(({ error }) => error.message.slice(0, maxLength));
  const more = failed.length > maxTold ? [`and ${failed.length - maxTold} more`] : [];
  const message = `${failed.length} of ${total} objects could not be applied, the others are:\n${[...told, ...more].join('\n')}`;
  return new Fault('retry', 'ReconciliationFailed', message, { cause: failed[0]?.error });
}
