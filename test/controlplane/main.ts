import { parseArgs } from 'node:util';
import { BuildError } from './build-programs.ts';
import { startControlPlane } from './control-plane.ts';

const help = `Starts a Kubernetes control plane on loopback, prints the path of a kubeconfig, and runs until it is told to end.

  node test/controlplane/main.ts [flags]

  --audit                write an audit log at level Metadata (audit.log beside the kubeconfig)
  --kwok[=NODES]         add nodes without machines, on which Pods become ready (--kwok is one node)
  --controllers LIST     comma-separated controllers of kube-controller-manager
  --user NAME[:GROUP,…]  one more kubeconfig, for a user with these groups; its path is printed as a line of its own
                         (may be repeated)
  --help

Programs come from KUBEBUILDER_ASSETS, else from the cache, else they are built once with Go.
`;

/** `--kwok` alone means one node; parseArgs has no optional values. */
function readFlags(args: readonly string[]) {
  const { values } = parseArgs({
    args: args.map((arg) => (arg === '--kwok' ? '--kwok=1' : arg)),
    options: {
      audit: { type: 'boolean', default: false },
      kwok: { type: 'string', default: '0' },
      controllers: { type: 'string' },
      user: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  return values;
}

const stop = new AbortController();

async function main(): Promise<void> {
  const flags = readFlags(process.argv.slice(2));
  if (flags.help) {
    process.stdout.write(help);
    return;
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  await using plane = await startControlPlane({
    audit: flags.audit,
    kwok: Number(flags.kwok),
    signal: stop.signal,
    ...(flags.controllers === undefined ? {} : { controllers: flags.controllers.split(',').filter(Boolean) }),
  });
  process.stdout.write(`${plane.kubeconfig}\n`);
  for (const user of flags.user) {
    const [name = '', groups = ''] = user.split(/:(.*)/s);
    process.stdout.write(`${await plane.kubeconfigFor(name, groups.split(',').filter(Boolean))}\n`);
  }
  await untilAborted(stop.signal);
}

/** Keeps the event loop alive until then. */
function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const alive = setInterval(() => {}, 1 << 30);
    signal.addEventListener('abort', () => {
      clearInterval(alive);
      resolve();
    });
  });
}

try {
  await main();
} catch (error) {
  if (!stop.signal.aborted) {
    const text = error instanceof BuildError ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${text}\n`);
    process.exitCode = 1;
  }
}
