import { statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { diskTree } from '../artifact/disk-tree.ts';
import type { BuildDir, BuildOptions, BuildResult } from '../engines/kustomize/build.ts';
import { BuildError } from '../engines/kustomize/build-error.ts';
import { buildWithRemotes } from '../engines/kustomize/build-remote.ts';
import { SchemaRegistry } from '../engines/kustomize/openapi/registry.ts';
import type { RemoteSource } from '../engines/kustomize/remote/remote-source.ts';
import { parseRepoSpec } from '../engines/kustomize/remote/repo-spec.ts';
import { errorMessage } from '../lib/errors.ts';
import { environmentProxy } from '../net/environment-proxy.ts';
import { emitYaml } from '../yaml/emit.ts';

/** Where the command writes. */
export interface BuildOutput {
  out(text: string): void;
  error(line: string): void;
}

/** The flags of `sluice build`, by their names. */
export interface BuildFlags {
  readonly loadRestrictor: 'LoadRestrictionsRootOnly' | 'LoadRestrictionsNone';
  readonly reorder: 'none' | 'legacy' | 'unspecified';
  readonly output?: string;
  readonly enableManagedbyLabel: boolean;
  readonly stackTrace: boolean;
}

/** What the flags are when none is given. */
export const defaultBuildFlags: BuildFlags = {
  loadRestrictor: 'LoadRestrictionsRootOnly',
  reorder: 'unspecified',
  enableManagedbyLabel: false,
  stackTrace: false,
};

const standardOutput: BuildOutput = {
  out: (text) => void process.stdout.write(text),
  error: (line) => void process.stderr.write(`${line}\n`),
};

/** How long everything remote may take. */
const remoteTimeoutMs = 600_000;

/** Builds and writes; answers the exit code. `dir` is a directory, or the address of one in a Git repository. */
export async function runBuild(dir: string, flags: BuildFlags, output = standardOutput): Promise<number> {
  await using remotes = new AsyncDisposableStack();
  try {
    const signal = AbortSignal.timeout(remoteTimeoutMs);
    const options = { ...optionsOf(flags), source: lazyRemotes(remotes), signal };
    const result = await buildWithRemotes(diskTree('/'), placeOf(dir), options);
    for (const warning of result.warnings) output.error(`# Warning: ${warning}`);
    write(result, flags.output, output);
    return 0;
  } catch (error) {
    for (const problem of problemsOf(error)) output.error(`Error: ${errorMessage(problem)}`);
    if (flags.stackTrace && error instanceof Error) output.error(error.stack ?? '');
    return 1;
  }
}

function problemsOf(error: unknown): readonly unknown[] {
  return error instanceof BuildError ? error.problems : [error];
}

function placeOf(dir: string): BuildDir {
  return parseRepoSpec(dir) === undefined ? resolve(dir).slice(1) : { url: dir };
}

/** Loads the code for networks when something remote is named; most builds do not. */
function lazyRemotes(closing: AsyncDisposableStack): RemoteSource {
  let loading: Promise<RemoteSource> | undefined;
  const load = async (): Promise<RemoteSource> => {
    const { RemoteBases } = await import('../remote-bases/remote-bases.ts');
    return closing.adopt(new RemoteBases(environmentProxy(process.env)), (bases) => bases.close());
  };
  const source = (): Promise<RemoteSource> => {
    loading ??= load();
    return loading;
  };
  return {
    file: async (url, options) => (await source()).file(url, options),
    repository: async (spec, options) => (await source()).repository(spec, options),
  };
}

function optionsOf({ loadRestrictor, reorder, enableManagedbyLabel }: BuildFlags): BuildOptions {
  return {
    loadRestrictions: loadRestrictor === 'LoadRestrictionsNone' ? 'none' : 'rootOnly',
    reorder,
    addManagedByLabel: enableManagedbyLabel,
  };
}

function write(result: BuildResult, path: string | undefined, output: BuildOutput): void {
  if (path === undefined) output.out(result.toYaml());
  else if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) writeEach(result, path);
  else writeFileSync(path, result.toYaml());
}

/** A file per object, named after kind and name, and namespace when there is more than one. */
function writeEach({ objects }: BuildResult, dir: string): void {
  const schemas = new SchemaRegistry({ version: 'v5.8.2', additive: false });
  const named = objects.map((object) => {
    const { apiVersion, kind, metadata } = object as {
      apiVersion: string;
      kind: string;
      metadata: { name: string; namespace?: string };
    };
    const clusterScoped = schemas.isClusterScoped(apiVersion, kind);
    const name = `${apiVersion.replace('/', '_')}_${kind}_${metadata.name}.yaml`.toLowerCase();
    return { object, name, namespace: clusterScoped ? undefined : (metadata.namespace ?? 'default') };
  });
  const namespaces = new Set(named.flatMap(({ namespace }) => (namespace === undefined ? [] : [namespace])));
  for (const { object, name, namespace } of named) {
    const file = namespace !== undefined && namespaces.size > 1 ? `${namespace.toLowerCase()}_${name}` : name;
    writeFileSync(join(dir, file), emitYaml(object));
  }
}
