import { createHash } from 'node:crypto';
import type { DecryptionKeys } from '../../../appliers/decryption/decryption-keys.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { errorMessage, isAbort } from '../../../lib/errors.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { BuildInput } from './build.ts';
import type { KustomizationDeps } from './deps.ts';
import type { BuildStart } from './manifests.ts';
import { variablesOf } from './variables.ts';

/**
 * All that enters a build beside the files: what is not in here must not have an influence on the objects. Of remotes it
 * is not known what they say until they are read; a build that used one is not remembered.
 */
export type BuildInputs = Omit<BuildInput, 'tree' | 'remotes'>;

/** Where inputs come from. */
export type InputSources = Pick<KustomizationDeps, 'client' | 'strictSubstitutions' | 'decryption'>;

/** Reads what the build needs of the cluster. */
export async function inputsOf(
  { metadata: { namespace, name }, spec }: Kustomization,
  { dir, signal }: Pick<BuildStart, 'dir' | 'signal'>,
  { client, strictSubstitutions: strict, decryption: options }: InputSources,
): Promise<BuildInputs> {
  const { decryption } = spec;
  const decryptionKeys =
    decryption === undefined
      ? undefined
      : await readKeys(async () => {
          // The ciphers of all kinds of keys take megabytes: only who decrypts has them.
          const { readDecryptionKeys } = await import('../../../appliers/decryption/decryption-keys.ts');
          return readDecryptionKeys({ namespace, name, decryption }, { client, ...options }, signal);
        });
  const variables = await variablesOf({ namespace, postBuild: spec.postBuild }, client, signal);
  return { spec, dir, variables, strict, decryptionKeys };
}

async function readKeys(read: () => Promise<DecryptionKeys | undefined>): Promise<DecryptionKeys | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new Fault('retry', 'BuildFailed', errorMessage(error), { cause: error });
  }
}

/** Tells inputs apart. Values of Secrets are in it as a digest only. */
export function digestOfInputs({ spec, dir, variables, strict, decryptionKeys }: BuildInputs): string {
  const read = variables instanceof Error ? ['failed', variables.message] : [...(variables ?? ['none'])];
  return createHash('sha256')
    .update(JSON.stringify([spec, dir, read, strict, decryptionKeys?.digest ?? null]))
    .digest('base64');
}
