/**
 * Checks the import directions of src: the folder table of tools/import-rules.ts, no cycles, no machine modules in pure
 * folders, nobody imports main.ts, nothing outside src but tests. Because a check that sees nothing also reports success,
 * it first plants one violation of each rule and insists that each is refused, and then that modules were seen.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findCycle, type Import, readImports } from './import-graph.ts';
import { importRules, machineModules, neverForControllers, pureFolders } from './import-rules.ts';

interface Violation {
  readonly rule: string;
  readonly text: string;
}

const folders = Object.keys(importRules).toSorted((a, b) => b.length - a.length);

function folderOf(module: string): string | undefined {
  return folders.find((folder) => module.startsWith(`${folder}/`));
}

/** The rule that an import breaks, if any. Tests may reach into anything but main.ts. */
function brokenRule({ from, to, specifier }: Import): string | undefined {
  if (to === undefined) return 'resolves';
  if (to === 'main.ts') return 'nothing-imports-main';
  if (from.endsWith('.test.ts')) return undefined;
  if (to.startsWith('../') && !to.endsWith('.json')) return 'src-imports-src';
  const folder = folderOf(from);
  if (folder === undefined) return undefined;
  if (!specifier.startsWith('.')) {
    const pure = pureFolders.some((name) => from.startsWith(`${name}/`));
    return pure && machineModules.includes(specifier.replace(/^node:/, '')) ? 'pure-folders' : undefined;
  }
  if (to.startsWith(`${folder}/`)) return undefined;
  const allowed = importRules[folder] ?? [];
  const permitted = allowed.includes('*')
    ? !neverForControllers.some((name) => to.startsWith(`${name}/`))
    : allowed.some((name) => to.startsWith(`${name}/`));
  return permitted ? undefined : 'folders';
}

function check(root: string): { readonly modules: number; readonly violations: readonly Violation[] } {
  const { modules, imports } = readImports(root);
  const violations = imports.flatMap((one): Violation[] => {
    const rule = brokenRule(one);
    return rule === undefined ? [] : [{ rule, text: `${one.from} -> ${one.specifier}` }];
  });
  const cycle = findCycle(imports);
  if (cycle !== undefined) violations.push({ rule: 'no-cycles', text: cycle.join(' -> ') });
  return { modules: modules.length, violations };
}

/** One planted file per rule, and what they need. */
const planted: Readonly<Record<string, { readonly file: string; readonly text: string }>> = {
  folders: { file: 'lib/a.ts', text: "import '../kube/b.ts';\n" },
  'no-cycles': { file: 'kube/b.ts', text: "import { e } from './e.ts';\nusing _ = e;\n" },
  'nothing-imports-main': { file: 'kube/e.ts', text: "import './b.ts';\nexport * from '../main.ts';\n" },
  'pure-folders': { file: 'engines/helm/f.ts', text: "export const f = () => import('node:fs');\n" },
  resolves: { file: 'git/g.ts', text: "import type { G } from './absent.ts';\nexport type H = G;\n" },
  'src-imports-src': { file: 'runtime/h.ts', text: "import '../../outside.ts';\n" },
};
const support = { 'main.ts': 'export const e = null;\n', '../outside.ts': 'export {};\n' };

function selfCheck(): void {
  const dir = mkdtempSync(join(tmpdir(), 'planted-'));
  const root = join(dir, 'src');
  try {
    const files = [...Object.values(planted), ...Object.entries(support).map(([file, text]) => ({ file, text }))];
    for (const { file, text } of files) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    const refused = new Set(check(root).violations.map(({ rule }) => rule));
    const missed = Object.keys(planted).filter((rule) => !refused.has(rule));
    if (missed.length > 0) throw new Error(`planted violations were not refused: ${missed.join(', ')}`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

selfCheck();
const { modules, violations } = check(join(import.meta.dirname, '..', 'src'));
for (const { rule, text } of violations) console.error(`${rule}: ${text}`);
if (modules < 100) throw new Error(`only ${modules} modules were read: the check saw nothing`);
console.log(`imports: ${modules} modules, ${violations.length} violations (planted ones were refused)`);
process.exitCode = violations.length > 0 ? 1 : 0;
