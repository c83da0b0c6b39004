import { Command } from 'commander';
import { runTemplate, type TemplateFlags } from './run-template.ts';

/** Flags of `helm template` that are known and not followed, so that the refusal can say why. */
const refused: readonly (readonly [flags: string, reason: string])[] = [
  ['--repo <url>', 'charts are read from this machine: give a directory or a .tgz'],
  ['--version <version>', 'charts are read from this machine: give a directory or a .tgz'],
  ['--dependency-update', 'nothing is downloaded: put the dependencies into charts/'],
  ['--validate', 'no cluster is asked'],
  ['--post-renderer <program>', 'no other program is run'],
  ['--enable-dns', 'names are not looked up'],
];

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
const collectList = (value: string, before: readonly string[]): readonly string[] => [...before, ...value.split(',')];

/** `sluice template [NAME] CHART`: prints what `helm template` prints. */
export function templateCommand(): Command {
  const command = new Command('template')
    .description(
      'Prints what `helm template` prints for a chart in a directory or a .tgz: the same engine that renders in the\n' +
        'cluster. No cluster is asked and nothing is downloaded.',
    )
    .argument('<name-or-chart>', 'name of the release; the chart when it stands alone')
    .argument('[chart]', 'directory or .tgz of the chart')
    .option('-n, --namespace <namespace>', 'namespace of the release', 'default')
    .option('-f, --values <file>', 'values in a YAML file, - for standard input; later ones win', collectList, [])
    .option('--set <key=value>', 'values on the command line', collect, [])
    .option('--set-string <key=value>', 'values that are text', collect, [])
    .option('--set-json <key=json>', 'values in JSON', collect, [])
    .option('--set-file <key=path>', 'values from files', collect, [])
    .option('--set-literal <key=value>', 'a value that is taken as it is', collect, [])
    .option('--kube-version <version>', 'Kubernetes version that the chart sees')
    .option('-a, --api-versions <versions>', 'further API versions that the chart sees', collectList, [])
    .option('--include-crds', 'print the definitions in crds/, too')
    .option('--no-hooks', 'leave hooks out')
    .option('--skip-tests', 'leave tests out')
    .option('-s, --show-only <template>', 'only what comes from this template', collectList, [])
    .option('--output-dir <dir>', 'write a file for every template instead of printing')
    .option('--is-upgrade', 'set .Release.IsUpgrade instead of .Release.IsInstall')
    .option('--skip-schema-validation', 'do not hold the values to values.schema.json');
  for (const [flags, reason] of refused) {
    const name = flags.split(' ')[0] ?? flags;
    const refuse = (): never => command.error(`Error: ${name} is refused: ${reason}`, { exitCode: 1 });
    command.addOption(command.createOption(flags).hideHelp().argParser(refuse).preset(true));
  }
  return command.action((first: string, second: string | undefined, flags: TemplateFlags) => {
    const [name, chart] = second === undefined ? ['release-name', first] : [first, second];
    try {
      const warn = (message: string): void => void process.stderr.write(`level=INFO msg=${JSON.stringify(message)}\n`);
      runTemplate(name, chart, flags, (text) => void process.stdout.write(text), warn);
    } catch (error) {
      process.stderr.write(`Error: ${error instanceof Error ? error.message.trimEnd() : String(error)}\n`);
      process.exitCode = 1;
    }
  });
}
