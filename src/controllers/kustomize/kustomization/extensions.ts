import type { PartialObject } from '../../../kube/object.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { Change } from '../../../runtime/predicates.ts';

/**
 * Annotations of Kustomizations that the Flux API does not have. Without them, and without the flags of their names, a
 * Kustomization is treated as Flux treats it. docs/spec/kustomization.md, "Beside the Flux API", says what each does.
 */
export const DEPENDS_ON = 'sluice.dev/depends-on';

const all: readonly string[] = [DEPENDS_ON];

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
