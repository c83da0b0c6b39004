import { writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { diskTree } from '../artifact/disk-tree.ts';
import { build } from '../engines/kustomize/build.ts';

/**
 * `sluice build DIR` for what most directories are: built from their own files, without a problem. Prints the result;
 * answers false, and has written nothing, where the full command has to look again: for remote resources, and for errors.
 * The compiled program has this and all that it imports in one file (tools/link.ts).
 */
export function quickBuild(dir: string): boolean {
  let text: string;
  let warnings: readonly string[];
  try {
    const result = build(diskTree('/'), resolve(dir).slice(1));
    text = result.toYaml();
    warnings = result.warnings;
  } catch {
    return false;
  }
  for (const warning of warnings) process.stderr.write(`# Warning: ${warning}\n`);
  print(Buffer.from(text));
  return true;
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
