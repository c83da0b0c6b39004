import { resolve } from 'node:path';
import { diskTree } from '../artifact/disk-tree.ts';
import { build } from '../engines/kustomize/build.ts';
import { parseRepoSpec } from '../engines/kustomize/remote/repo-spec.ts';
import type { Tree } from '../lib/tree.ts';
import { printAtOnce } from './print-at-once.ts';

/**
 * `sluice build DIR` for what most directories are: built from their own files, without a problem. Prints the result;
 * answers false, and has written nothing, where the full command has to look again: for remote resources, and for errors.
 * The compiled program has this and all that it imports in one file, compiled already (tools/precompile.ts).
 */
export function quickBuild(dir: string): boolean {
  if (parseRepoSpec(dir) !== undefined) return false;
  let text: string;
  let warnings: readonly string[];
  try {
    const result = build(tuned(diskTree('/')), resolve(dir).slice(1));
    text = result.toYaml();
    warnings = result.warnings;
  } catch {
    setFlags('--maglev', '--opt');
    return false;
  }
  for (const warning of warnings) process.stderr.write(`# Warning: ${warning}\n`);
  printAtOnce(text);
  return true;
}

/** How much a build reads until it counts as large. */
const largeBytes = 40_000;

/**
 * A tree whose reader chooses among V8's compilers. A small build ends before any of them earns what it costs, a tenth of
 * its time. A large one has use for the quick one (Maglev), but ends before the thorough one pays: that takes a quarter of
 * the CPU time of a build of 1,000 objects, a tenth with 10,000.
 */
function tuned(tree: Tree): Tree {
  let left = largeBytes;
  setFlags('--no-maglev');
  return {
    ...tree,
    readFile: (path) => {
      const content = tree.readFile(path);
      const before = left;
      left -= content?.length ?? 0;
      if (before > 0 && left <= 0) setFlags('--maglev', '--no-opt');
      return content;
    },
  };
}

function setFlags(...flags: readonly string[]): void {
  for (const flag of flags) process.getBuiltinModule('node:v8').setFlagsFromString(flag);
}
