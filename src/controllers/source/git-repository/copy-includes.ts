import { lstatSync } from 'node:fs';
import type { Storage } from '../../../artifact/storage.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { secureJoin } from '../../../lib/secure-path.ts';
import { storageFailed } from './faults.ts';
import type { Include } from './includes.ts';
import { PathConflict, type SourceFiles } from './source-files.ts';

/**
 * Adds what the includes bring to the files. The unpacked artifacts must stay until the files are read: `scope` keeps
 * them. `fromPath` and `toPath` never leave the artifact or the repository. Throws Fault
 * (gitrepository_controller.go, reconcileInclude).
 */
export async function copyIncludes(
  files: SourceFiles,
  includes: readonly Include[],
  storage: Storage,
  scope: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<void> {
  for (const include of includes) {
    try {
      const unpacked = scope.use(await storage.unpack(include.artifact, signal));
      copyInclude(files, include, unpacked.path);
    } catch (error) {
      signal.throwIfAborted();
      const { name, fromPath, toPath } = include;
      const message = `failed to copy '${name}' include from ${fromPath} to ${toPath}: ${problemOf(error)}`;
      throw storageFailed('CopyFailure', message, error);
    }
  }
}

function copyInclude(files: SourceFiles, { fromPath, toPath }: Include, dir: string): void {
  const from = secureJoin(dir, fromPath);
  const to = secureJoin('', toPath).replace(/^\.$/, '');
  if (lstatSync(from).isDirectory()) files.addTree(from, to);
  else files.addFile(from, to);
}

/** Without the names of our own temporary directories, which differ from one attempt to the next. */
function problemOf(error: unknown): string {
  if (error instanceof PathConflict) return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' ? 'no such file or directory' : errorMessage(error);
}
