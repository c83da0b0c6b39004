/**
 * `npm run build`: compiles src to dist. With `--production DIR` it also lays out what the image holds: DIR/dist, DIR/package.json and
 * DIR/node_modules with production dependencies only.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { production: { type: 'string' } } });
const run = (program: string, args: readonly string[], cwd: string): void => {
  execFileSync(program, args, { cwd, stdio: 'inherit' });
};

const dist = join(root, 'dist');
rmSync(dist, { recursive: true, force: true });
run('tsc', ['-p', 'tsconfig.build.json'], root);
copyData(join(root, 'src'), dist);

if (values.production !== undefined) {
  const target = values.production;
  mkdirSync(target, { recursive: true });
  for (const file of ['package.json', 'package-lock.json', 'LICENSE']) cpSync(join(root, file), join(target, file));
  run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--loglevel=error'], target);
  cpSync(dist, join(target, 'dist'), { recursive: true });
}

/** tsc copies no data files; those that the code reads at run time go along as they are. */
function copyData(from: string, to: string): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.json')) continue;
    const source = join(entry.parentPath, entry.name);
    if (source.includes('testdata')) continue;
    const target = join(to, source.slice(from.length));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(source, target);
  }
}
