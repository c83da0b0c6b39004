/**
 * Checks the import directions of src with dependency-cruiser: the folder table, no cycles, no machine modules in pure
 * folders, nobody imports main.ts. Because a cruise that resolves nothing also reports success, it first plants one
 * violation of each rule in a copy-like overlay folder and insists that each is refused, and then that modules were seen.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { importRules, machineModules, neverForControllers, pureFolders } from './import-rules.ts';

const root = join(import.meta.dirname, '..');

/** The forbidden rules for a source root (`src`, or the planted copy). */
function rules(base: string): IForbiddenRuleType[] {
  const folders = Object.entries(importRules).map(([folder, allowed]): IForbiddenRuleType => {
    const own = folder === 'cli' ? 'cli' : folder;
    const permitted = [own, ...allowed].map((name) => `^${base}/${name}/`);
    return allowed.includes('*')
      ? {
          name: `folder-${folder}`,
          severity: 'error',
          from: { path: `^${base}/${folder}/` },
          to: { path: neverForControllers.map((name) => `^${base}/${name}/`), pathNot: `^${base}/${folder}/` },
        }
      : {
          name: `folder-${folder}`,
          severity: 'error',
          from: { path: `^${base}/${folder}/`, pathNot: '[.]test[.]ts$' },
          to: { path: `^${base}/`, pathNot: permitted },
        };
  });
  return [
    ...folders,
    {
      name: 'no-circular',
      severity: 'error',
      from: { path: `^${base}/` },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'nothing-imports-main',
      severity: 'error',
      from: { path: `^${base}/`, pathNot: `^${base}/main[.]ts$` },
      to: { path: `^${base}/main[.]ts$` },
    },
    {
      name: 'pure-folders',
      severity: 'error',
      from: { path: pureFolders.map((name) => `^${base}/${name}/`), pathNot: '[.]test[.]ts$' },
      to: { path: machineModules.map((name) => `^(node:)?${name}$`) },
    },
    { name: 'no-unresolved', severity: 'error', from: { path: `^${base}/` }, to: { couldNotResolve: true } },
    {
      name: 'src-not-tests',
      severity: 'error',
      from: { path: `^${base}/`, pathNot: '[.]test[.]ts$' },
      to: { path: '^(test|tools|bench)/' },
    },
  ];
}

async function run(base: string): Promise<ICruiseResult> {
  const { output } = await cruise([base], {
    baseDir: root,
    ruleSet: { forbidden: rules(base) },
    validate: true,
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  });
  if (typeof output === 'string') throw new Error('dependency-cruiser answered with text instead of a result');
  return output;
}

/** One planted file per rule: which rule must refuse it. */
const planted: Readonly<Record<string, { file: string; text: string }>> = {
  'folder-lib': { file: 'lib/a.ts', text: "import '../kube/b.ts';\n" },
  'folder-controllers/source': { file: 'controllers/source/c.ts', text: "import '../kustomize/d.ts';\n" },
  'no-circular': { file: 'kube/b.ts', text: "import './e.ts';\n" },
  'nothing-imports-main': { file: 'kube/e.ts', text: "import './b.ts';\nimport '../main.ts';\n" },
  'pure-folders': { file: 'engines/helm/f.ts', text: "import 'node:fs';\n" },
  'no-unresolved': { file: 'git/g.ts', text: "import './absent.ts';\n" },
};

async function selfCheck(): Promise<void> {
  const base = '.cache/planted';
  const dir = join(root, base);
  rmSync(dir, { recursive: true, force: true });
  try {
    const files = [
      ...Object.values(planted),
      { file: 'main.ts', text: 'export {};\n' },
      { file: 'controllers/kustomize/d.ts', text: 'export {};\n' },
    ];
    for (const { file, text } of files) {
      mkdirSync(dirname(join(dir, file)), { recursive: true });
      writeFileSync(join(dir, file), text);
    }
    const found = new Set((await run(base)).summary.violations.map((violation) => violation.rule.name));
    const missed = Object.keys(planted).filter((name) => !found.has(name));
    if (missed.length > 0) throw new Error(`planted violations were not refused: ${missed.join(', ')}`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

await selfCheck();
const { summary } = await run('src');
for (const violation of summary.violations)
  console.error(`${violation.rule.name}: ${violation.from} -> ${violation.to}`);
if (summary.totalCruised < 20)
  throw new Error(`only ${summary.totalCruised} modules were cruised: the check saw nothing`);
console.log(
  `imports: ${summary.totalCruised} modules, ${summary.violations.length} violations (planted ones were refused)`,
);
process.exitCode = summary.violations.length > 0 ? 1 : 0;
