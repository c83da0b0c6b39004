import { copyFile, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../../kube/connection.ts';
import { type ClosableClient, createClient } from '../../kube/http-client.ts';
import { loadConnection } from '../../kube/kubeconfig.ts';
import { withDeadline } from '../../lib/async.ts';
import { errorMessage } from '../../lib/errors.ts';
import { type Checkout, findCheckout } from './checkout.ts';
import {
  type DemoFolders,
  type NotificationAddresses,
  notificationAddresses,
  type RunningController,
  startController,
  storageFlags,
} from './controllers.ts';
import { FleetClone } from './fleet-clone.ts';
import { hints } from './hints.ts';
import { installWithoutDeployments } from './install-controllers.ts';
import { Narrator, type Output } from './narrator.ts';
import { Notifications } from './notifications.ts';
import { connectOutsideWorld } from './outside-world.ts';
import { ProcessGroup } from './process-group.ts';
import { Program, type ProgramOptions } from './program.ts';
import { playStory } from './story.ts';
import { openViews } from './views.ts';

export interface DemoOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the demo; everything it started is stopped first. */
  readonly interrupt: AbortSignal;
  /** Exit when all is shown. */
  readonly once: boolean;
  readonly out: Output;
}

/** Longer than the programs of the control plane take to build on a slow machine. */
const controlPlaneMs = 60 * 60_000;
const gitServerMs = 30_000;
const installMs = 120_000;
const stopMs = 15_000;

/** Shows everything, and stops all of it. Gives the exit code: 0, 1 when a step failed, 130 when it was interrupted. */
export async function runDemo({ env, interrupt: stop, once, out }: DemoOptions): Promise<number> {
  const narrator = new Narrator(out);
  // Child processes and deadlines do not keep Node running.
  const alive = setInterval(() => {}, 1 << 30);
  stop.addEventListener('abort', () => narrator.print('Stopping.'), { once: true });
  let finished = false;
  try {
    await using demo = await Demo.open(findCheckout(), env, narrator, stop);
    const ready = await demo.play();
    finished = true;
    if (!once) {
      narrator.print(hints(ready));
      await demo.untilStopped();
    }
    narrator.print(`Every step did what it should, in ${narrator.elapsed}. Stopping.`);
    return 0;
  } catch (error) {
    if (stop.aborted) {
      narrator.print('Stopped; nothing is left behind.');
      return finished ? 0 : 130;
    }
    narrator.line(errorMessage(error), 'bad');
    return 1;
  } finally {
    clearInterval(alive);
  }
}

/** What runs, and in which order it is stopped. */
class Demo implements AsyncDisposable {
  readonly #checkout: Checkout;
  readonly #env: DemoOptions['env'];
  readonly #narrator: Narrator;
  readonly #folders: DemoFolders;
  readonly #group: ProcessGroup;
  readonly #parts = new AsyncDisposableStack();
  readonly #ended = new AbortController();
  /** Aborted when the user ends the demo, when a program fails on which it counts, and when it is over. */
  readonly #signal: AbortSignal;

  private constructor(
    checkout: Checkout,
    {
      env,
      narrator,
      folders,
      stop,
    }: { env: DemoOptions['env']; narrator: Narrator; folders: DemoFolders; stop: AbortSignal },
  ) {
    this.#checkout = checkout;
    this.#env = env;
    this.#narrator = narrator;
    this.#folders = folders;
    this.#group = this.#parts.use(new ProcessGroup([folders.dir]));
    this.#signal = AbortSignal.any([stop, this.#ended.signal]);
  }

  static async open(checkout: Checkout, env: DemoOptions['env'], narrator: Narrator, stop: AbortSignal): Promise<Demo> {
    const dir = await mkdtemp(join(tmpdir(), 'sluice-demo-'));
    const folders = { dir, logs: join(dir, 'logs'), temp: join(dir, 'tmp') };
    const demo = new Demo(checkout, { env, narrator, folders, stop });
    await Promise.all([mkdir(folders.logs), mkdir(folders.temp)]);
    return demo;
  }

  async play() {
    const narrator = this.#narrator;
    narrator.print('From a push to Git to running objects, on this machine only.');
    const kubeconfig = await narrator.step('Start a Kubernetes control plane', () => this.#startControlPlane());
    const { clone, commit } = await narrator.step('Start a Git server and push the fleet', () => this.#startGit());
    const { client, connection } = await this.#connect(kubeconfig);
    await narrator.step('Install CRDs, roles and ServiceAccounts', () => this.#install(client));
    const views = openViews(client, narrator, this.#signal);
    const addresses = await notificationAddresses();
    const controllers = await narrator.step('Start the controllers, each with its own identity', () =>
      this.#startControllers(client, connection, addresses),
    );
    const [, kustomizeController] = controllers;
    const notifications = await narrator.step('Connect the world outside: a Receiver, a Provider and an Alert', () =>
      this.#connectOutside(client, addresses),
    );
    const signal = this.#signal;
    await playStory({ client, narrator, clone, commit, views, notifications, kustomizeController, signal });
    return { kubeconfig, clone, controllers };
  }

  async #connectOutside(client: ClosableClient, { receiverUrl }: NotificationAddresses): Promise<Notifications> {
    const notifications = this.#parts.use(await Notifications.listen(this.#narrator));
    const world = { receiverUrl, notificationsUrl: notifications.url, webhookFile: this.#webhookFile };
    await connectOutsideWorld(client, world, this.#signal);
    this.#narrator.line('the Git server calls the webhook at each push, signed as GitHub does');
    this.#narrator.line('what happens to Kustomizations is sent to this terminal, as it would be to a chat');
    return notifications;
  }

  get #webhookFile(): string {
    return join(this.#folders.dir, 'webhook.json');
  }

  /** Rejects when the user or a failure ends the demo. */
  async untilStopped(): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>();
    this.#signal.addEventListener('abort', () => reject(this.#signal.reason), { once: true });
    if (this.#signal.aborted) reject(this.#signal.reason);
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#parts.disposeAsync();
  }

  async #startControlPlane(): Promise<string> {
    let building = false;
    const program = await this.#start({
      name: 'control plane',
      script: this.#checkout.controlPlane,
      args: ['--kwok'],
      env: this.#env,
      onLog: (line) => {
        if (!building && line.includes(': building ')) {
          building = true;
          this.#narrator.explain(
            'The first run builds the real kube-apiserver, etcd and the rest from their Go modules, and keeps them:\n' +
              'about five minutes on two cores. Later runs take seconds.',
          );
        }
        this.#narrator.line(line, 'quiet');
      },
    });
    const original = await program.findLine(stdoutPath, withDeadline(this.#signal, controlPlaneMs));
    const kubeconfig = join(this.#folders.dir, 'kubeconfig');
    await copyFile(original, kubeconfig);
    this.#narrator.line('the API server is ready; KWOK plays a node, so that Pods run without machines');
    return kubeconfig;
  }

  async #startGit(): Promise<{ readonly clone: FleetClone; readonly commit: string }> {
    const program = await this.#start({
      name: 'Git server',
      script: this.#checkout.gitServer,
      args: ['--webhook-file', this.#webhookFile, 'fleet'],
      env: { PATH: this.#env['PATH'], TMPDIR: this.#folders.temp },
    });
    const url = await program.findLine(
      (line) => (line.startsWith('http://') ? line : undefined),
      withDeadline(this.#signal, gitServerMs),
    );
    const clone = await FleetClone.create(this.#checkout.fleet, join(this.#folders.dir, 'fleet'), url);
    const commit = await clone.pushAll('Start the fleet', this.#signal);
    this.#narrator.line(`pushed demo/fleet as ${commit.slice(0, 8)} to ${url}`);
    return { clone, commit };
  }

  async #connect(kubeconfig: string): Promise<{ readonly client: ClosableClient; readonly connection: Connection }> {
    const connection = await loadConnection({ kubeconfig });
    const client = createClient(connection, { userAgent: 'sluice-demo', qps: 0 });
    return { client: this.#parts.adopt(client, (it) => it.close()), connection };
  }

  async #install(client: ClosableClient): Promise<void> {
    const counts = await installWithoutDeployments(client, withDeadline(this.#signal, installMs));
    this.#narrator.line([...counts].map(([kind, count]) => `${count} × ${kind}`).join(', '));
  }

  async #startControllers(
    client: ClosableClient,
    connection: Connection,
    { eventsUrl, flags: notificationFlags }: NotificationAddresses,
  ): Promise<readonly [RunningController, RunningController, ...RunningController[]]> {
    const place = {
      checkout: this.#checkout,
      folders: this.#folders,
      start: (options: ProgramOptions) => this.#start(options),
      client,
      connection,
      path: this.#env['PATH'],
    };
    const start = async (name: string, flags: readonly string[]): Promise<RunningController> => {
      const controller = await startController(name, flags, place, this.#signal);
      this.#narrator.line(`${name} has taken its lease, as ServiceAccount flux-system/${name}`);
      return controller;
    };
    const storage = await storageFlags(join(this.#folders.dir, 'artifacts'));
    const events = `--events-addr=${eventsUrl}`;
    return Promise.all([
      start('source-controller', [events, ...storage]),
      start('kustomize-controller', [events]),
      start('helm-controller', [events]),
      start('notification-controller', notificationFlags),
    ]);
  }

  /** A program without which nothing goes on, and which is stopped with everything else, the last one first. */
  async #start(options: ProgramOptions): Promise<Program> {
    const program = await Program.start(this.#group, options);
    void program.failure.then((error) => this.#ended.abort(error));
    this.#parts.defer(() => program.stop(AbortSignal.timeout(stopMs)));
    return program;
  }
}

/** The control plane prints the path of its kubeconfig, and nothing else that looks like one, when it is ready. */
function stdoutPath(line: string): string | undefined {
  return line.startsWith('/') && line.endsWith('/kubeconfig') ? line : undefined;
}
