import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import type { PartialObject } from '../../../kube/object.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { Change } from '../../../runtime/predicates.ts';

/**
 * Annotations of HelmReleases that the Flux API does not have. Without them a HelmRelease is treated as Flux treats it.
 * docs/spec/helm-release.md, "Beside the Flux API", says what each does.
 */
const names = {
  /** `enabled`: the message of a release that is given up says why, and what to do. */
  explainRetries: 'sluice.dev/explain-retries',
  /** `enabled`: nothing is released that another HelmRelease has released. */
  refuseConflicts: 'sluice.dev/refuse-conflicts',
} as const;

/** A Secret with keys: with it, entries of `valuesFrom` that SOPS has encrypted are decrypted. */
const DECRYPTION_SECRET = 'sluice.dev/decryption-secret';

const all: readonly string[] = [...Object.values(names), DECRYPTION_SECRET];

/** The Secret with keys that the annotation for it names; undefined for none. */
export function decryptionSecretOf({ metadata }: Pick<HelmRelease, 'metadata'>): string | undefined {
  return metadata.annotations?.[DECRYPTION_SECRET];
}

/** Whether an annotation of ours switches something on. Throws a stalled fault when it has another value than it may. */
export function isEnabled({ metadata }: HelmRelease, extension: keyof typeof names): boolean {
  const name = names[extension];
  const value = metadata.annotations?.[name]?.toLowerCase() ?? 'disabled';
  if (value === 'enabled' || value === 'disabled') return value === 'enabled';
  const problem = `annotation ${name}: expected enabled or disabled, not '${value}'`;
  throw new Fault('stalled', 'InvalidAnnotation', problem);
}

/** Throws a stalled InvalidAnnotation fault when an annotation of ours cannot be read, before anything is done. */
export function refuseAnnotations(object: HelmRelease): void {
  for (const extension of Object.keys(names)) isEnabled(object, extension as keyof typeof names);
}

/** Whether one of our annotations has changed, which moves neither the generation nor anything else that wakes. */
export function extensionsChanged({ old, current }: Change<PartialObject>): boolean {
  if (old === undefined || current === undefined) return false;
  return all.some((name) => old.metadata.annotations?.[name] !== current.metadata.annotations?.[name]);
}
