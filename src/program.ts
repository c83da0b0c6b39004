import { Command } from 'commander';
import { ownVersion } from './cli/version.ts';
import { untilInterrupted } from './signals.ts';

/** What commands are made of. */
interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  /** Aborted when the user, or the kubelet, wants the process to end. */
  readonly stop: AbortSignal;
}

interface CommandEntry {
  readonly group: 'Controllers:' | 'Commands:';
  readonly name: string;
  readonly about: string;
  readonly load: (surroundings: Surroundings) => Promise<Command>;
}

/** All commands, in the order of the help. */
const commands: readonly CommandEntry[] = [
  {
    group: 'Controllers:',
    name: 'source-controller',
    about: 'Fetch sources and serve their files as artifacts.',
    load: async (self) => (await import('./controller-commands.ts')).sourceControllerCommand(self),
  },
  {
    group: 'Controllers:',
    name: 'kustomize-controller',
    about: 'Build Kustomizations and keep the cluster equal to them.',
    load: async (self) => (await import('./controller-commands.ts')).kustomizeControllerCommand(self),
  },
  {
    group: 'Controllers:',
    name: 'helm-controller',
    about: 'Release Helm charts and keep the releases as HelmReleases say.',
    load: async (self) => (await import('./controller-commands.ts')).helmControllerCommand(self),
  },
  {
    group: 'Controllers:',
    name: 'notification-controller',
    about: 'Let webhooks wake objects, and tell people and tools what happens to them.',
    load: async (self) => (await import('./controller-commands.ts')).notificationControllerCommand(self),
  },
  {
    group: 'Controllers:',
    name: 'all',
    about: 'All controllers in one process, for small clusters.',
    load: async (self) => (await import('./controller-commands.ts')).allControllersCommand(self),
  },
  {
    group: 'Commands:',
    name: 'install',
    about: 'install or upgrade the controllers in a cluster',
    load: async ({ stop }) => (await import('./cli/install/install-command.ts')).installCommand(stop),
  },
  {
    group: 'Commands:',
    name: 'build',
    about: 'print what a kustomization builds',
    load: async () => (await import('./cli/build.ts')).buildCommand(),
  },
  {
    group: 'Commands:',
    name: 'template',
    about: 'print what a Helm chart renders',
    load: async () => (await import('./cli/template.ts')).templateCommand(),
  },
  {
    group: 'Commands:',
    name: 'lint',
    about: 'examine a Helm chart for possible issues',
    load: async () => (await import('./cli/lint.ts')).lintCommand(),
  },
  {
    group: 'Commands:',
    name: 'demo',
    about: 'watch a push to Git become running objects, on this machine',
    load: async ({ env, stop }) => (await import('./cli/demo.ts')).demoCommand(env, stop),
  },
];

/** Parses the arguments and runs the command that they name. */
export async function runProgram(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const surroundings = { env, version: ownVersion(), stop: untilInterrupted() };
  const program = new Command('sluice')
    .description('GitOps controllers for Kubernetes that speak the Flux API.')
    .version(surroundings.version)
    .showHelpAfterError()
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
Examples:
  sluice demo                          a control plane, a Git server and the controllers, to watch a push arrive
  sluice install --export              print everything that a cluster needs, for review or for Git
  sluice build ./clusters/production   what the kustomize-controller would apply
  sluice kustomize-controller --help   the flags of one controller

Controllers find the API server by KUBECONFIG, or inside a cluster by their ServiceAccount.`,
    );
  for (const { group, name, about, load } of commands) {
    program.commandsGroup(group);
    // Only what may be wanted is loaded: reading everything takes longer than most commands do.
    const command = args.includes(name) ? await load(surroundings) : new Command(name);
    if (command.description() === '') command.description(about);
    program.addCommand(command.summary(about));
  }
  await program.parseAsync(args, { from: 'user' });
}
