/**
 * The composition root. `sluice build DIR` takes the short way, because somebody waits for it: reading the code for all
 * arguments takes as long as a small build.
 */
const args = process.argv.slice(2);
const [command, dir = '.', ...more] = args;

async function isBuilt(): Promise<boolean> {
  if (command !== 'build' || more.length > 0 || dir.startsWith('-')) return false;
  const { quickBuild } = await import('./cli/quick-build.ts');
  return quickBuild(dir);
}

if (!(await isBuilt())) {
  const { keepYoungHeapSmall } = await import('./young-heap.ts');
  keepYoungHeapSmall();
  const { runProgram } = await import('./program.ts');
  await runProgram(args, process.env);
}
