import { ArtifactError } from '../../../artifact/artifact-error.ts';
import type { ArtifactCache, OpenArtifact } from '../../../artifact/cache.ts';
import { errorMessage, isAbort } from '../../../lib/errors.ts';
import { secureJoin } from '../../../lib/secure-path.ts';
import { Fault } from '../../../runtime/fault.ts';
import { artifactNotFound, type ResolvedSource } from './source.ts';

/**
 * The files of the source's artifact, fetched and unpacked at most once per digest. Throws a waiting fault when the file
 * server does not have it (yet), a retryable one when it cannot be fetched or is not what its digest says.
 */
export async function openArtifact(
  source: ResolvedSource,
  cache: ArtifactCache,
  options: { readonly signal: AbortSignal; readonly requeueDependencyMs: number },
): Promise<OpenArtifact> {
  try {
    return await cache.open(source.artifact, options.signal);
  } catch (error) {
    if (isAbort(error)) throw error;
    if (error instanceof ArtifactError && error.code === 'NotFound') {
      throw artifactNotFound('Source is not ready, artifact not found', options.requeueDependencyMs);
    }
    throw new Fault('retry', 'ArtifactFailed', errorMessage(error), { cause: error });
  }
}

/**
 * The directory of `spec.path` inside the artifact: `..` and symlinks stay inside (securejoin). Throws a retryable
 * ArtifactFailed fault when there is no such directory.
 */
export function pathInArtifact(path: string | undefined, { tree }: Pick<OpenArtifact, 'tree'>): string {
  const dir = secureJoin('', path ?? '');
  const type = tree.stat(dir);
  if (type === 'dir') return dir;
  const why = type === undefined ? 'no such file or directory' : 'not a directory';
  throw new Fault('retry', 'ArtifactFailed', `kustomization path not found: stat ./${dir}: ${why}`);
}
