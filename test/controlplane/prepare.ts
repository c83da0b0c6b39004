import { findBinaries } from './binaries.ts';
import { BuildError } from './build-programs.ts';
import { type ProgramName, programs } from './versions.ts';

/** Makes sure that all programs of the control plane are there, building what is missing; prints where each is. */
try {
  const names = Object.keys(programs) as ProgramName[];
  const paths = await findBinaries(names, {
    assets: process.env['KUBEBUILDER_ASSETS'],
    log: (line) => process.stderr.write(`${line}\n`),
  });
  for (const name of names) process.stdout.write(`${paths[name]}\n`);
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
