import { Command } from 'commander';
import { RenderError } from '../engines/helm/render/render-error.ts';
import { addFlags } from './add-flags.ts';
import { runTemplate, type TemplateFlags, warningLine } from './run-template.ts';
import { defaultTemplateFlags, nameAndChart, templateFlags } from './template-flags.ts';

/** Flags of `helm template` that are known and not followed, so that the refusal can say why. */
const refused: readonly (readonly [flags: string, reason: string])[] = [
  ['--repo <url>', 'charts are read from this machine: give a directory or a .tgz'],
  ['--version <version>', 'charts are read from this machine: give a directory or a .tgz'],
  ['--dependency-update', 'nothing is downloaded: put the dependencies into charts/'],
  ['--validate', 'no cluster is asked'],
  ['--post-renderer <program>', 'no other program is run'],
  ['--enable-dns', 'names are not looked up'],
];

/** `sluice template [NAME] CHART`: prints what `helm template` prints. */
export function templateCommand(): Command {
  const command = new Command('template')
    .description(
      'Prints what `helm template` prints for a chart in a directory or a .tgz: the same engine that renders in the\n' +
        'cluster. No cluster is asked and nothing is downloaded.',
    )
    .argument('<name-or-chart>', 'name of the release; the chart when it stands alone')
    .argument('[chart]', 'directory or .tgz of the chart');
  addFlags(command, templateFlags);
  for (const [flags, reason] of refused) {
    const name = flags.split(' ')[0] ?? flags;
    const refuse = (): never => command.error(`Error: ${name} is refused: ${reason}`, { exitCode: 1 });
    command.addOption(command.createOption(flags).hideHelp().argParser(refuse).preset(true));
  }
  return command.action((first: string, second: string | undefined, given: Partial<TemplateFlags>) => {
    const [name, chart] = nameAndChart(first, second);
    const flags = { ...defaultTemplateFlags, ...given };
    try {
      const warn = (message: string): void => void process.stderr.write(warningLine(message));
      runTemplate(name, chart, flags, (text) => void process.stdout.write(text), warn);
    } catch (error) {
      process.stderr.write(`Error: ${error instanceof Error ? error.message.trimEnd() : String(error)}\n`);
      // Programs read what helm prints; people see the line, too.
      if (process.stderr.isTTY && error instanceof RenderError && error.excerpt !== undefined)
        process.stderr.write(`${error.excerpt}\n`);
      process.exitCode = 1;
    }
  });
}
