import { createHash } from 'node:crypto';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { BuildInput } from './build.ts';
import type { KustomizationDeps } from './deps.ts';
import type { BuildPlace } from './manifests.ts';
import { variablesOf } from './variables.ts';

/**
 * All that enters a build beside the files: what is not in here must not have an influence on the objects. Of remotes it
 * is not known what they say until they are read; a build that used one is not remembered.
 */
export type BuildInputs = Omit<BuildInput, 'tree' | 'remotes'>;

/** Reads what the build needs of the cluster. */
export async function inputsOf(
  { metadata: { namespace }, spec }: Kustomization,
  { dir, signal }: Pick<BuildPlace, 'dir' | 'signal'>,
  { client, strictSubstitutions: strict }: KustomizationDeps,
): Promise<BuildInputs> {
  const variables = await variablesOf({ namespace, postBuild: spec.postBuild }, client, signal);
  return { spec, dir, variables, strict };
}

/** Tells inputs apart. Values of Secrets are in it as a digest only. */
export function digestOfInputs({ spec, dir, variables, strict }: BuildInputs): string {
  const read = variables instanceof Error ? ['failed', variables.message] : [...(variables ?? ['none'])];
  return createHash('sha256')
    .update(JSON.stringify([spec, dir, read, strict]))
    .digest('base64');
}
