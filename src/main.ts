import { Command } from 'commander';
import { buildCommand } from './cli/build.ts';
import { demoCommand } from './cli/demo.ts';
import { installCommand } from './cli/install/install-command.ts';
import { ownVersion } from './cli/version.ts';
import { createKustomizeControllers } from './controllers/kustomize/controllers.ts';
import { kustomizeFlags, kustomizeGatesFlag } from './controllers/kustomize/flags.ts';
import { createSourceControllers } from './controllers/source/controllers.ts';
import { sourceFlags, sourceGatesFlag } from './controllers/source/flags.ts';
import { type HostedGroup, host, type ProcessEnvironment, reportFatal } from './host.ts';
import { featureGatesFlag } from './runtime/feature-gates.ts';
import type { FlagValues } from './runtime/flag-types.ts';
import { addFlags, commonFlags, flagValues } from './runtime/flags.ts';
import { untilInterrupted } from './signals.ts';

const version = ownVersion();

const env = process.env;
const interrupt = untilInterrupted();
const processEnvironment: ProcessEnvironment = {
  kubeconfig: env['KUBECONFIG'],
  serviceHost: env['KUBERNETES_SERVICE_HOST'],
  servicePort: env['KUBERNETES_SERVICE_PORT'],
  runtimeNamespace: env['RUNTIME_NAMESPACE'],
};

/** The proxies of the environment, in either spelling, as curl and Go read them. */
const proxies = {
  http: env['HTTP_PROXY'] ?? env['http_proxy'],
  https: env['HTTPS_PROXY'] ?? env['https_proxy'],
  no: env['NO_PROXY'] ?? env['no_proxy'],
};

const program = new Command('sluice')
  .description('GitOps controllers for Kubernetes that speak the Flux API.')
  .version(version)
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

program.commandsGroup('Controllers:');
addController({
  name: 'source-controller',
  about: 'Fetch sources and serve their files as artifacts.',
  concurrent: 2,
  flags: { ...sourceFlags, sourceGates: sourceGatesFlag },
  group: (values) => ({
    name: 'source-controller',
    create: (environment) => createSourceControllers(environment, values, values.sourceGates, proxies),
  }),
});
addController({
  name: 'kustomize-controller',
  about: 'Build Kustomizations and keep the cluster equal to them.',
  concurrent: 4,
  flags: { ...kustomizeFlags, kustomizeGates: kustomizeGatesFlag },
  group: (values) => ({
    name: 'kustomize-controller',
    create: (environment) => createKustomizeControllers(environment, values, values.kustomizeGates),
  }),
});
addController({
  name: 'all',
  processName: 'sluice',
  about: 'All controllers in one process, for small clusters.',
  concurrent: 4,
  flags: {
    ...sourceFlags,
    ...kustomizeFlags,
    gates: featureGatesFlag({ ...sourceGatesFlag.default, ...kustomizeGatesFlag.default }),
  },
  group: (values) => [
    {
      name: 'source-controller',
      create: (environment) => createSourceControllers(environment, values, values.gates, proxies),
    },
    {
      name: 'kustomize-controller',
      create: (environment) => createKustomizeControllers(environment, values, values.gates),
    },
  ],
});

program.commandsGroup('Commands:');
program.addCommand(installCommand(interrupt));
program.addCommand(buildCommand());
program.addCommand(demoCommand(env, interrupt));

await program.parseAsync();

interface ControllerCommand<F extends Parameters<typeof flagValues>[1]> {
  readonly name: string;
  readonly processName?: string;
  readonly about: string;
  /** The default of `--concurrent`. */
  readonly concurrent: number;
  readonly flags: F;
  readonly group: (values: FlagValues<F>) => HostedGroup | readonly HostedGroup[];
}

/** Adds the command that runs a controller group until it is told to stop. */
function addController<F extends Parameters<typeof flagValues>[1]>(spec: ControllerCommand<F>): void {
  const common = commonFlags({ concurrent: spec.concurrent });
  const command = program.command(spec.name).description(spec.about);
  addFlags(command, common, { group: 'Flags of all controllers:', env });
  addFlags(command, spec.flags, { group: 'Flags of its own:', env });
  command.action(async () => {
    try {
      await host({
        name: spec.processName ?? spec.name,
        groups: [spec.group(flagValues(command, spec.flags))].flat(),
        flags: flagValues(command, common),
        env: processEnvironment,
        version,
        stop: interrupt,
      });
    } catch (error) {
      reportFatal(command, error);
    }
  });
}
