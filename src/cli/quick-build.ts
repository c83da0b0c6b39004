import { writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { diskTree } from '../artifact/disk-tree.ts';
import { build } from '../engines/kustomize/build.ts';
import type { Tree } from '../lib/tree.ts';

/**
 * `sluice build DIR` for what most directories are: built from their own files, without a problem. Prints the result;
 * answers false, and has written nothing, where the full command has to look again: for remote resources, and for errors.
 * The compiled program has this and all that it imports in one file (tools/link.ts).
 */
export function quickBuild(dir: string): boolean {
  let text: string;
  let warnings: readonly string[];
  try {
    const result = build(watched(diskTree('/')), resolve(dir).slice(1));
    text = result.toYaml();
    warnings = result.warnings;
  } catch {
    return false;
  }
  for (const warning of warnings) process.stderr.write(`# Warning: ${warning}\n`);
  print(Buffer.from(text));
  return true;
}

/** How much a build reads until it counts as large. */
const largeBytes = 100_000;

/**
 * A tree whose reader does without V8's optimizing compiler once it has read much: the process ends before that earns
 * what it costs, a quarter of the CPU time of a build of 1,000 objects, a tenth with 10,000.
 */
function watched(tree: Tree): Tree {
  let left = largeBytes;
  return {
    ...tree,
    readFile: (path) => {
      const content = tree.readFile(path);
      const before = left;
      left -= content?.length ?? 0;
      if (before > 0 && left <= 0) process.getBuiltinModule('node:v8').setFlagsFromString('--no-opt');
      return content;
    },
  };
}

/** Without the streams of `process.stdout`, whose loading takes longer than the writing; a reader who lags is left to them. */
function print(bytes: Buffer): void {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(1, bytes, written);
  } catch {
    process.stdout.write(bytes.subarray(written));
  }
}
