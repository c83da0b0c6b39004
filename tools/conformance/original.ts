import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Result } from './pair.ts';

const run = promisify(execFile);

/** The real `kustomize build`. */
export interface Original {
  /** Path of the program. */
  readonly program: string;
  readonly loadRestrictor: 'LoadRestrictionsRootOnly' | 'LoadRestrictionsNone';
  /** A build that takes longer counts as failed. */
  readonly timeoutMs: number;
  /** Folder in which answers are kept; they are asked for once. Not kept when undefined. */
  readonly cache?: string | undefined;
}

/** The directories in and below `root` that have a kustomization file, sorted. */
export function kustomizationDirs(root: string): string[] {
  const files = globSync('**/{kustomization.yaml,kustomization.yml,Kustomization}', { cwd: root });
  return [...new Set(files.map((file) => resolve(root, dirname(file))))].sort();
}

/** What the original builds from a directory. */
export async function originalBuild(original: Original, dir: string): Promise<Result> {
  const { program, loadRestrictor, timeoutMs, cache } = original;
  const key = createHash('sha256').update(`${program}\n${loadRestrictor}\n${dir}`).digest('hex');
  const file = cache === undefined ? undefined : join(cache, `${key}.json`);
  if (file !== undefined && existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Result;
  const result = await answer(program, ['build', '--load-restrictor', loadRestrictor, dir], timeoutMs);
  if (file !== undefined) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(result));
  }
  return result;
}

async function answer(program: string, args: readonly string[], timeoutMs: number): Promise<Result> {
  const options = { timeout: timeoutMs, maxBuffer: 1024 ** 3, killSignal: 'SIGKILL' } as const;
  try {
    return { output: (await run(program, args, options)).stdout };
  } catch (error) {
    const { stderr, killed } = error as { readonly stderr?: string; readonly killed?: boolean };
    return { error: killed === true ? `no answer in ${timeoutMs} ms` : (stderr ?? String(error)).trim() };
  }
}
