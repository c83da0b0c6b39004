import { createHash } from 'node:crypto';
import type { DigestedTree } from '../lib/traced-tree.ts';
import type { Tree } from '../lib/tree.ts';
import { ArtifactError } from './artifact-error.ts';
import { diskTree, relativePath } from './disk-tree.ts';
import { contentAlgorithm, type Manifest } from './manifest.ts';

/**
 * The files of an unpacked archive. What there is, is answered from the manifest; a file's bytes come from the disk,
 * and are held against their digest: a file that was changed behind our back is never taken for the archive's.
 * `onDamage` is called before {@link ArtifactError} `Corrupt` is thrown for one.
 */
export function unpackedTree(
  dir: string,
  manifest: Manifest,
  options: { readonly maxFileBytes?: number; onDamage(): void },
): DigestedTree {
  const disk: Tree = diskTree(dir, options);
  const at = <T>(path: string, look: (inside: string) => T | undefined): T | undefined => {
    const inside = relativePath(path);
    return inside === undefined ? undefined : look(inside);
  };
  return {
    stat: (path) => at(path, (inside) => manifest.typeOf(inside)),
    list: (path) => at(path, (inside) => manifest.list(inside)),
    digestOf: (path) => at(path, (inside) => manifest.digestOf(inside)),
    readFile: (path) =>
      at(path, (inside) => {
        const digest = manifest.digestOf(inside);
        if (digest === undefined) return undefined;
        const bytes = disk.readFile(inside);
        if (bytes !== undefined && createHash(contentAlgorithm).update(bytes).digest('base64') === digest) return bytes;
        options.onDamage();
        throw new ArtifactError('Corrupt', `the unpacked file '${inside}' is not what the artifact holds`);
      }),
  };
}
