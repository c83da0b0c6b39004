import { ArtifactError } from '../../../artifact/artifact-error.ts';
import type { ArtifactCache, OpenArtifact } from '../../../artifact/cache.ts';
import { errorMessage, isAbort } from '../../../lib/errors.ts';
import { secureJoin } from '../../../lib/secure-path.ts';
import { Fault } from '../../../runtime/fault.ts';
import { artifactNotFound, type ResolvedSource } from './source.ts';

/** The artifact of a source, opened when somebody needs its files and released with this. */
export class ArtifactFiles implements Disposable {
  readonly #open: () => Promise<OpenArtifact>;
  #opened: Promise<OpenArtifact> | undefined;

  /** `open` is called once, at most. */
  constructor(open: () => Promise<OpenArtifact>) {
    this.#open = open;
  }

  /** Throws what opening throws. */
  open(): Promise<OpenArtifact> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  [Symbol.dispose](): void {
    this.#opened?.then(
      (artifact) => artifact.release(),
      () => undefined,
    );
  }
}

/** Where `spec.path` leads inside of an artifact, whether there is such a directory or not: `..` ends at the root. */
export function dirOf(path: string | undefined): string {
  return secureJoin('', path ?? '');
}

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
 * Throws a retryable ArtifactFailed fault when the artifact has nothing there. A file in its place fails the build, as in
 * Flux, which only asks whether the path exists.
 */
export function assertPath(dir: string, { tree }: Pick<OpenArtifact, 'tree'>): void {
  if (tree.stat(dir) !== undefined) return;
  throw new Fault('retry', 'ArtifactFailed', `kustomization path not found: stat ./${dir}: no such file or directory`);
}
