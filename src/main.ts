/**
 * The composition root. `sluice build DIR` and `sluice template NAME CHART` take the short way, because somebody waits
 * for them: reading the code for all arguments takes as long as a small build.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

const args = process.argv.slice(2);
const [command, dir = '.', ...more] = args;

/** Keeps compiled code where nobody else can write, as a shared folder for temporary files is not. */
function keepCompiledCode({ XDG_CACHE_HOME: cache, HOME: home, NODE_COMPILE_CACHE: chosen }: NodeJS.ProcessEnv): void {
  const folder = cache || (home && join(home, '.cache'));
  if (!chosen && folder) enableCompileCache(join(folder, 'sluice'));
}

async function isDone(): Promise<boolean> {
  if (command === 'template') {
    keepCompiledCode(process.env);
    const { quickTemplate } = await import('./cli/quick-template.ts');
    return quickTemplate(args.slice(1));
  }
  if (command !== 'build' || more.length > 0 || dir.startsWith('-')) return false;
  keepCompiledCode(process.env);
  const { quickBuild } = await import('./cli/quick-build.ts');
  return quickBuild(dir);
}

if (!(await isDone())) {
  const { keepHeapSmall } = await import('./small-heap.ts');
  keepHeapSmall();
  const { runProgram } = await import('./program.ts');
  await runProgram(args, process.env);
}
