import { join } from 'node:path';
import type { Client } from '../../kube/client.ts';
import type { Connection } from '../../kube/connection.ts';
import type { KubeObject, ResourceType } from '../../kube/object.ts';
import type { Checkout } from './checkout.ts';
import { freePort } from './free-port.ts';
import { namespace } from './install-controllers.ts';
import { LiveView } from './live-view.ts';
import type { Program, ProgramOptions } from './program.ts';
import { writeServiceAccountKubeconfig } from './service-account.ts';

/** Where the demo's own things go: kubeconfigs, logs, artifacts, temporary files. */
export interface DemoFolders {
  readonly dir: string;
  readonly logs: string;
  readonly temp: string;
}

export interface ControllerPlace {
  readonly checkout: Checkout;
  readonly folders: DemoFolders;
  /** Starts a program without which the demo does not go on. */
  start(options: ProgramOptions): Promise<Program>;
  /** The administrator. */
  readonly client: Client;
  readonly connection: Connection;
  readonly path: string | undefined;
}

/** A controller as a process of its own. */
export interface RunningController {
  readonly program: Program;
  readonly logFile: string;
  readonly metricsUrl: string;
}

type Lease = KubeObject & { readonly spec?: { readonly holderIdentity?: string } };

const leaseType: ResourceType = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

const startTimeoutMs = 60_000;

/**
 * Starts a controller as its own ServiceAccount, with the role that the installation gives it and nothing more, and
 * waits until it has taken its lease.
 */
export async function startController(
  name: string,
  flags: readonly string[],
  place: ControllerPlace,
  signal: AbortSignal,
): Promise<RunningController> {
  const { folders, client, connection, checkout, path } = place;
  const kubeconfig = join(folders.dir, `${name}.kubeconfig`);
  await writeServiceAccountKubeconfig({ client, connection, namespace, name, path: kubeconfig }, signal);
  const metrics = `127.0.0.1:${await freePort()}`;
  const logFile = join(folders.logs, `${name}.log`);
  const program = await place.start({
    name,
    script: checkout.main,
    args: [
      name,
      `--metrics-addr=${metrics}`,
      `--health-addr=127.0.0.1:${await freePort()}`,
      '--enable-leader-election',
      ...flags,
    ],
    env: {
      PATH: path,
      HOME: folders.temp,
      TMPDIR: folders.temp,
      KUBECONFIG: kubeconfig,
      RUNTIME_NAMESPACE: namespace,
    },
    logFile,
  });
  await leaseTaken(name, client, signal);
  return { program, logFile, metricsUrl: `http://${metrics}/metrics` };
}

async function leaseTaken(name: string, client: Client, signal: AbortSignal): Promise<void> {
  const watching = new AbortController();
  const leases = new LiveView<Lease>(client, leaseType, {
    signal: AbortSignal.any([signal, watching.signal]),
    namespace,
    describe: ({ spec }) => `held by ${spec?.holderIdentity ?? 'nobody'}`,
  });
  try {
    await leases.until(
      `${name} to take its lease`,
      (view) => Boolean(view.get(`${namespace}/${name}-leader-election`)?.spec?.holderIdentity),
      { signal, deadlineMs: startTimeoutMs },
    );
  } finally {
    watching.abort();
  }
}

/** Where the notification-controller serves, and the flags by which it does. */
export interface NotificationAddresses {
  readonly receiverUrl: string;
  /** For `--events-addr` of the others. */
  readonly eventsUrl: string;
  readonly flags: readonly string[];
}

/** Free ports for webhooks and events. */
export async function notificationAddresses(): Promise<NotificationAddresses> {
  const [receiver, events] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  return {
    receiverUrl: `http://${receiver}`,
    eventsUrl: `http://${events}/`,
    flags: [`--receiverAddr=${receiver}`, `--events-addr=${events}`],
  };
}

/** A free port for the artifacts, and the flags by which the source-controller serves them there. */
export async function storageFlags(dir: string): Promise<readonly string[]> {
  const address = `127.0.0.1:${await freePort()}`;
  return [`--storage-path=${dir}`, `--storage-addr=${address}`, `--storage-adv-addr=${address}`];
}
