import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseSync } from 'oxc-parser';

/** One import: which module says it, what it names, and whether only types are taken. */
export interface Import {
  /** Relative to the source root, for example `lib/duration.ts`. */
  readonly from: string;
  /** The same for modules of ours; a bare name (`node:fs`, `undici`) for others; undefined when there is no such file. */
  readonly to: string | undefined;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** All modules below `root` and what they import, statically or with a literal `import()`. */
export function readImports(root: string): {
  readonly modules: readonly string[];
  readonly imports: readonly Import[];
} {
  const modules = globSync('**/*.ts', { cwd: root }).toSorted();
  return { modules, imports: modules.flatMap((module) => importsOf(root, module)) };
}

function importsOf(root: string, from: string): readonly Import[] {
  const text = readFileSync(join(root, from), 'utf8');
  const { module, errors } = parseSync(from, text);
  if (errors.length > 0) throw new Error(`${from}: ${errors[0]?.message}`);
  const found: { specifier: string; typeOnly: boolean }[] = [];
  for (const { moduleRequest, entries } of module.staticImports) {
    found.push({
      specifier: moduleRequest.value,
      typeOnly: entries.length > 0 && entries.every(({ isType }) => isType),
    });
  }
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, isType } of entries) {
      if (moduleRequest) found.push({ specifier: moduleRequest.value, typeOnly: isType });
    }
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^['"](.+)['"]$/.exec(text.slice(moduleRequest.start, moduleRequest.end))?.[1];
    if (literal !== undefined) found.push({ specifier: literal, typeOnly: false });
  }
  return found.map(({ specifier, typeOnly }) => ({ from, to: resolve(root, from, specifier), specifier, typeOnly }));
}

function resolve(root: string, from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return specifier;
  const path = join(root, dirname(from), specifier);
  return existsSync(path) ? relative(root, path) : undefined;
}

/** A cycle of imports that are not type-only, as the modules along it; undefined when there is none. */
export function findCycle(imports: readonly Import[]): readonly string[] | undefined {
  const edges = Map.groupBy(
    imports.filter(({ typeOnly }) => !typeOnly),
    ({ from }) => from,
  );
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (module: string): readonly string[] | undefined => {
    const at = path.indexOf(module);
    if (at >= 0) return [...path.slice(at), module];
    if (done.has(module)) return undefined;
    path.push(module);
    for (const { to } of edges.get(module) ?? []) {
      const cycle = to === undefined ? undefined : visit(to);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(module);
    return undefined;
  };
  for (const module of edges.keys()) {
    const cycle = visit(module);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
