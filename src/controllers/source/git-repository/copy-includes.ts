import { lstatSync } from 'node:fs';
import { diskProblem } from '../../../artifact/disk-problem.ts';
import type { Storage } from '../../../artifact/storage.ts';
import { secureJoin } from '../../../lib/secure-path.ts';
import { storageFailed } from '../faults.ts';
import type { SourceFiles } from '../source-files.ts';
import type { Include } from './includes.ts';

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
      const message = `failed to copy '${name}' include from ${fromPath} to ${toPath}: ${diskProblem(error)}`;
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
