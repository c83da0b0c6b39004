/**
 * `npm run build`: compiles src to dist. With `--production DIR` it makes what the image holds instead, and leaves dist
 * alone: DIR/dist, DIR/package.json, DIR/LICENSE and DIR/node_modules with production dependencies only.
 */
import { execFileSync, type StdioOptions } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '..');
const samples = join(import.meta.dirname, 'samples');
const { values } = parseArgs({ options: { production: { type: 'string' } } });
const run = (program: string, args: readonly string[], cwd: string): void => {
  execFileSync(program, args, { cwd, stdio: 'inherit' });
};

if (values.production === undefined) {
  compile(join(root, 'dist'));
} else {
  const target = resolve(values.production);
  mkdirSync(target, { recursive: true });
  for (const file of ['package.json', 'package-lock.json', 'LICENSE']) cpSync(join(root, file), join(target, file));
  run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], target);
  compile(join(target, 'dist'));
}

function compile(dist: string): void {
  rmSync(dist, { recursive: true, force: true });
  run(join(root, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json', '--outDir', dist], root);
  copyData(join(root, 'src'), dist);
  precompile(dist, 'quick-build', 'quickBuild', join(samples, 'kustomization'));
  precompile(dist, 'quick-template', 'quickTemplate', ['sample', join(samples, 'chart')]);
}

/** Compiles a command with what it needs for a sample. */
function precompile(dist: string, module: string, name: string, argument: unknown): void {
  const program = join(import.meta.dirname, 'precompile.ts');
  const stdio: StdioOptions = ['ignore', 'ignore', 'inherit'];
  const file = resolve(dist, 'cli', `${module}.js`);
  execFileSync(process.execPath, [program, file, name, JSON.stringify(argument)], { stdio });
}

/** tsc copies no data files; those that the code reads at run time go along as they are. */
function copyData(from: string, to: string): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const source = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !entry.name.endsWith('.json') || source.includes('testdata')) continue;
    const target = join(to, relative(from, source));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(source, target);
  }
}
