import { Command } from 'commander';
import { addFlags } from './add-flags.ts';
import { type LintFlags, type Log, runLint } from './run-lint.ts';
import { defaultTemplateFlags, lintFlags } from './template-flags.ts';

/** `sluice lint PATH...`: prints what `helm lint` prints. */
export function lintCommand(): Command {
  const command = new Command('lint')
    .description(
      'Examines charts in directories or .tgz files as `helm lint` does: what will keep one from being installed is an\n' +
        'error, what breaks with convention a warning.',
    )
    .argument('<charts...>', 'directories or .tgz files of the charts');
  addFlags(command, lintFlags);
  return command.action((paths: readonly string[], given: Partial<LintFlags>) => {
    try {
      runLint(paths, { ...defaultTemplateFlags, ...given }, (text) => void process.stdout.write(text), log);
    } catch (error) {
      process.stderr.write(`Error: ${error instanceof Error ? error.message.trimEnd() : String(error)}\n`);
      process.exitCode = 1;
    }
  });
}

const log: Log = (level, message, about) => {
  const more = about === undefined ? '' : ` message=${JSON.stringify(about)}`;
  process.stderr.write(`level=${level} msg=${JSON.stringify(message)}${more}\n`);
};
