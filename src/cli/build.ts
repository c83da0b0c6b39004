import { Command, Option } from 'commander';
import { type BuildFlags, defaultBuildFlags, runBuild } from './run-build.ts';

/** Flags of `kustomize build` that run other programs: they are known, so that the refusal can say why. */
const refused: readonly (readonly [flags: string, reason: string])[] = [
  ['--enable-helm', 'charts are rendered by the helm-controller, not by kustomize'],
  ['--helm-command <command>', 'no helm is run'],
  ['--helm-api-versions <versions>', 'no helm is run'],
  ['--helm-kube-version <version>', 'no helm is run'],
  ['--helm-debug', 'no helm is run'],
  ['--enable-alpha-plugins', 'plugins would run other programs'],
  ['--enable-exec', 'functions would run other programs'],
  ['--as-current-user', 'functions are not run'],
  ['--network', 'functions are not run'],
  ['--network-name <name>', 'functions are not run'],
  ['--mount <mount>', 'functions are not run'],
  ['-e, --env <variable>', 'functions are not run'],
];

/** What kustomize tells of its deprecated flags. */
const deprecated = [
  ['reorder', 'reorder', "use the new 'sortOptions' field in kustomization.yaml instead."],
  ['enable-managedby-label', 'enableManagedbyLabel', "use 'managedByLabel' in the field 'buildMetadata' instead."],
] as const;

/** `sluice build DIR`: prints what `kustomize build DIR` prints. */
export function buildCommand(): Command {
  const command = new Command('build')
    .description(
      'Prints what `kustomize build` prints for the kustomization in a directory: the same engine that builds in the\n' +
        'cluster. Remote files and repositories are fetched over HTTP. Nothing is run: plugins, Helm and functions are refused.',
    )
    .argument('[dir]', 'directory of a kustomization file, or the address of one in a Git repository', '.')
    .addOption(
      new Option(
        '--load-restrictor <restriction>',
        'whether files may lie outside of the kustomization that names them',
      )
        .choices(['LoadRestrictionsRootOnly', 'LoadRestrictionsNone'])
        .default(defaultBuildFlags.loadRestrictor),
    )
    .addOption(
      new Option('--reorder <order>', 'by kinds (legacy), or as read; sortOptions in the file goes first')
        .choices(['legacy', 'none', 'unspecified'])
        .default(defaultBuildFlags.reorder),
    )
    .option('-o, --output <path>', 'write to a file, or to a file per object in an existing directory')
    .option(
      '--enable-managedby-label',
      'add the label app.kubernetes.io/managed-by',
      defaultBuildFlags.enableManagedbyLabel,
    );
  command.addOption(new Option('--stack-trace', 'print a stack trace with an error').hideHelp());
  for (const [flags, reason] of refused) command.addOption(refusedOption(flags, () => refuse(command, flags, reason)));
  return command.action(async (dir: string, flags: BuildFlags) => {
    for (const [name, option, instead] of deprecated) {
      if (command.getOptionValueSource(option) === 'cli')
        process.stderr.write(`Flag --${name} has been deprecated, ${instead}\n`);
    }
    process.exitCode = await runBuild(dir, { ...defaultBuildFlags, ...flags });
  });
}

function refusedOption(flags: string, refuse: () => never): Option {
  return new Option(flags).hideHelp().argParser(refuse).preset(true);
}

function refuse(command: Command, flags: string, reason: string): never {
  const name = flags.split(' ').find((part) => part.startsWith('--')) ?? flags;
  return command.error(`Error: ${name} is refused: ${reason}`, { exitCode: 1 });
}
