import { statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { diskTree } from '../artifact/disk-tree.ts';
import { type BuildOptions, type BuildResult, build } from '../engines/kustomize/build.ts';
import { SchemaRegistry } from '../engines/kustomize/openapi/registry.ts';
import { errorMessage } from '../lib/errors.ts';
import { emitYaml } from '../yaml/emit.ts';

/** Where the command writes. */
interface BuildOutput {
  out(text: string): void;
  error(line: string): void;
}

/** The flags of `sluice build`, by their names. */
export interface BuildFlags {
  readonly loadRestrictor: 'LoadRestrictionsRootOnly' | 'LoadRestrictionsNone';
  readonly reorder: 'none' | 'legacy' | 'unspecified';
  readonly output?: string;
  readonly enableManagedbyLabel: boolean;
}

/** What the flags are when none is given. */
export const defaultBuildFlags: BuildFlags = {
  loadRestrictor: 'LoadRestrictionsRootOnly',
  reorder: 'unspecified',
  enableManagedbyLabel: false,
};

const standardOutput: BuildOutput = {
  out: (text) => void process.stdout.write(text),
  error: (line) => void process.stderr.write(`${line}\n`),
};

/** Builds and writes; answers the exit code. */
export function runBuild(dir: string, flags: BuildFlags, output = standardOutput): number {
  try {
    const result = build(diskTree('/'), resolve(dir).slice(1), optionsOf(flags));
    for (const warning of result.warnings) output.error(`# Warning: ${warning}`);
    write(result, flags.output, output);
    return 0;
  } catch (error) {
    output.error(`Error: ${errorMessage(error)}`);
    return 1;
  }
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
