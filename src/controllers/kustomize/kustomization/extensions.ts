import type { PartialObject } from '../../../kube/object.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { Change } from '../../../runtime/predicates.ts';

/**
 * Annotations of Kustomizations that the Flux API does not have. Without them, and without the flags of their names, a
 * Kustomization is treated as Flux treats it. docs/spec/kustomization.md, "Beside the Flux API", says what each does.
 */
export const DEPENDS_ON = 'sluice.dev/depends-on';

/** How much a reconcile may delete without being told so; see prune-guard.ts. */
export const PRUNE_GUARD = 'sluice.dev/prune-guard';
/** The deletion that somebody has allowed; its value is in the message that asks for it. */
export const APPROVE_PRUNE = 'sluice.dev/approve-prune';
/** `each`: one object that cannot be applied holds back no other; `staged`, the default, applies as Flux does. */
export const APPLY_MODE = 'sluice.dev/apply-mode';
/** How long the deletion of a Kustomization tries to reach what it applied before that is left behind. */
export const ORPHAN_AFTER = 'sluice.dev/orphan-after';

const all: readonly string[] = [DEPENDS_ON, PRUNE_GUARD, APPROVE_PRUNE, APPLY_MODE, ORPHAN_AFTER];

/** Whether one of our annotations has changed, which moves neither the generation nor anything else that wakes. */
export function extensionsChanged({ old, current }: Change<PartialObject>): boolean {
  if (old === undefined || current === undefined) return false;
  return all.some((name) => old.metadata.annotations?.[name] !== current.metadata.annotations?.[name]);
}

/** The fault for an annotation that cannot be read: what it asks for must not be left out in silence. */
export function invalidAnnotation(name: string, problem: string, cause?: unknown): Fault {
  const message = `annotation ${name}: ${problem}`;
  return new Fault('stalled', 'InvalidAnnotation', message, cause === undefined ? {} : { cause });
}
