import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../lib/duration.ts';
import { emitYaml } from '../../yaml/emit.ts';
import { addConnectionFlags, type ConnectionFlags, connect } from '../connection-flags.ts';
import { ownVersion } from '../version.ts';
import { componentNames } from './components.ts';
import { install } from './install.ts';
import { type ComponentName, defaultInstallOptions, type InstallOptions } from './options.ts';
import { renderInstall } from './render.ts';

type Flags = ConnectionFlags &
  Omit<InstallOptions, 'version'> & {
    readonly export: boolean;
    readonly force: boolean;
    readonly timeout: number;
  };

/** Where the command writes; standard output and error when run by a user. */
export interface InstallOutput {
  out(text: string): void;
  progress(line: string): void;
}

const standardOutput: InstallOutput = {
  out: (text) => void process.stdout.write(text),
  progress: (line) => void process.stderr.write(`${line}\n`),
};

/** `sluice install`: prints or applies the CRDs, roles and controllers. Flags are named as those of `flux install`. */
export function installCommand(signal: AbortSignal, output: InstallOutput = standardOutput): Command {
  const version = ownVersion();
  const defaults = defaultInstallOptions(version);
  const command = new Command('install')
    .description(
      'Installs or upgrades the controllers: custom resource definitions, roles, network policies, Deployments.\n' +
        'On a cluster that runs Flux this replaces the controllers that are named and leaves all else in place.',
    )
    .addHelpText(
      'after',
      `
Examples:
  # Show what would be installed
  sluice install --export | kubectl diff -f -

  # Install with an image of your own
  sluice install --image registry.example/sluice:v${version}

  # A cluster with tenants: nobody has more than the rights of the accounts in their own namespaces
  sluice install --lockdown

  # Keep the installation in Git
  sluice install --export > clusters/production/sluice.yaml`,
    )
    .option('--export', 'print the manifests and do nothing else', false)
    .option('-n, --namespace <name>', 'namespace of the controllers', defaults.namespace)
    .option('--components <names>', 'controllers to install, separated by commas', components, defaults.components)
    .option('--image <reference>', 'image of the controllers', defaults.image)
    .option('--image-pull-secret <name>', 'Secret in the namespace with which to pull the image')
    .option('--watch-all-namespaces [bool]', 'reconcile objects in all namespaces', bool, defaults.watchAllNamespaces)
    .option('--network-policy [bool]', 'refuse calls from other namespaces', bool, defaults.networkPolicy)
    .addOption(
      new Option('--log-level <level>', 'how much the controllers log')
        .choices(['debug', 'info', 'error'])
        .default(defaults.logLevel),
    )
    .option(
      '--lockdown',
      'lock tenants in: no references to other namespaces, no remote bases, impersonation by default, no cluster-admin',
      defaults.lockdown,
    )
    .option('--cluster-domain <domain>', 'domain of Services in the cluster', defaults.clusterDomain)
    .option('--events-addr <url>', 'where events are sent (default: the notification-controller, when installed)')
    .option('--toleration-keys <keys>', 'taints that the controllers tolerate, separated by commas', list, [])
    .option('--force', 'go on although another tool has made the installation', false)
    .addOption(
      new Option('--timeout <duration>', 'how long to wait until the controllers are ready')
        .argParser(timeout)
        .default(300_000, '5m'),
    )
    .action(async (flags: Flags) => {
      const objects = renderInstall({ ...flags, version });
      if (flags.export) output.out(objects.map((object) => `---\n${emitYaml(object)}`).join(''));
      else await applyTo(flags, objects);
    });

  async function applyTo(flags: Flags, objects: ReturnType<typeof renderInstall>): Promise<void> {
    const client = await connect(flags);
    try {
      await install(client, objects, {
        signal,
        timeoutMs: flags.timeout,
        force: flags.force,
        print: output.progress,
      });
      output.progress(`${flags.components.join(', ')} ready in namespace ${flags.namespace}`);
    } finally {
      await client.close();
    }
  }

  return addConnectionFlags(command);
}

function list(value: string): readonly string[] {
  return value.split(',').filter((item) => item !== '');
}

function components(value: string): readonly ComponentName[] {
  return list(value).map((name) => {
    const known = componentNames.find((one) => one === name);
    if (known === undefined) throw new InvalidArgumentError(`Allowed are ${componentNames.join(', ')}.`);
    return known;
  });
}

function bool(value: string): boolean {
  if (value !== 'true' && value !== 'false') throw new InvalidArgumentError('Allowed are true and false.');
  return value === 'true';
}

function timeout(value: string): number {
  try {
    return parseDuration(value);
  } catch {
    throw new InvalidArgumentError('Expected a duration such as 5m or 90s.');
  }
}
