/**
 * The composition root. `sluice build DIR` goes the short way, because one waits for it: parsing arguments in full takes
 * a good part of the time that it takes.
 */
const args = process.argv.slice(2);
const [command, dir = '.', ...more] = args;

if (command === 'build' && more.length === 0 && !dir.startsWith('-')) {
  const { defaultBuildFlags, runBuild } = await import('./cli/run-build.ts');
  process.exitCode = runBuild(dir, defaultBuildFlags);
} else {
  const { runProgram } = await import('./program.ts');
  await runProgram(args, process.env);
}
