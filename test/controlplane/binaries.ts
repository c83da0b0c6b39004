import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withBuildLock } from './build-lock.ts';
import { buildPrograms } from './build-programs.ts';
import { cacheFolderOf, type ProgramName } from './versions.ts';

export interface FindOptions {
  /** Folder to look in first; usually the variable KUBEBUILDER_ASSETS, as envtest has it. */
  readonly assets?: string | undefined;
  /** Folder of this user that built programs are kept in, without the versions. */
  readonly cache?: string;
  /** Takes lines of progress. */
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** `$XDG_CACHE_HOME/sluice/controlplane`, or the same below `~/.cache`. */
export function defaultCache(): string {
  const base = process.env['XDG_CACHE_HOME'];
  return join(base !== undefined && base !== '' ? base : join(homedir(), '.cache'), 'sluice', 'controlplane');
}

/**
 * Where each of the named programs is: in `assets`, else in the cache, else built from its Go module into the cache,
 * once per user and version, while other processes that want the same wait.
 *
 * @throws {BuildError} when something is missing and cannot be built; the message says what to install or to set.
 */
export async function findBinaries<Name extends ProgramName>(
  names: readonly Name[],
  options: FindOptions,
): Promise<Record<Name, string>> {
  const cache = options.cache ?? defaultCache();
  const paths = new Map<Name, string>();
  for (const [folder, wanted] of Map.groupBy(names, (name) => join(cache, cacheFolderOf(name)))) {
    for (const [name, path] of await findIn(folder, wanted, options)) paths.set(name, path);
  }
  return Object.fromEntries(paths) as Record<Name, string>;
}

async function findIn<Name extends ProgramName>(
  cache: string,
  names: readonly Name[],
  options: FindOptions,
): Promise<Map<Name, string>> {
  const folders = [...(options.assets ? [options.assets] : []), cache];
  const found = await lookUp(names, folders);
  if (found.missing.length > 0) {
    await mkdir(cache, { recursive: true });
    await withBuildLock(join(cache, '.lock'), options, async () => {
      const { missing } = await lookUp(names, folders); // whoever held the lock before may have built them
      if (missing.length > 0) await buildPrograms(missing, { ...options, folder: cache });
    });
  }
  return (await lookUp(names, folders)).paths;
}

async function lookUp<Name extends ProgramName>(
  names: readonly Name[],
  folders: readonly string[],
): Promise<{ paths: Map<Name, string>; missing: Name[] }> {
  const paths = new Map<Name, string>();
  for (const name of names) {
    for (const folder of folders) {
      if (!paths.has(name) && (await isExecutable(join(folder, name)))) paths.set(name, join(folder, name));
    }
  }
  return { paths, missing: names.filter((name) => !paths.has(name)) };
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
