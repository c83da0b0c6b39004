import { randomBytes } from 'node:crypto';
import { mkdtemp, open, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultInstallOptions, type InstallOptions } from '../../src/cli/install/options.ts';
import { renderInstall } from '../../src/cli/install/render.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { GitServer } from '../gitserver/git-server.ts';
import { condition } from './conditions.ts';
import { ControllerProcess } from './controller-process.ts';
import { freePort } from './free-port.ts';
import { Kubectl } from './kubectl.ts';
import { ProcessGroup } from './process-group.ts';
import { Tenant } from './tenant.ts';
import { waitFor } from './wait-for.ts';

export interface EnvironmentOptions {
  /** Nodes and Pods that become ready; see ControlPlaneOptions. */
  readonly kwok?: boolean;
  /** Write an audit log, for {@link Environment.requestsSince}. */
  readonly audit?: boolean;
  /** Controllers of kube-controller-manager; see ControlPlaneOptions. */
  readonly controllers?: readonly string[];
  /** How the project is installed, where it differs from the defaults. */
  readonly install?: Partial<InstallOptions>;
  /** More flags for the kustomize-controller. */
  readonly kustomizeFlags?: readonly string[];
  /** What Node runs as the controllers; `src/main.ts` when absent. */
  readonly entry?: string;
  /** Start our controllers; true when absent. */
  readonly start?: boolean;
}

/** A moment, and where the audit log ended then. */
export interface AuditMark {
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** One request of the audit log. */
export interface SeenRequest {
  /** When it came in, milliseconds since the epoch. */
  readonly at: number;
  readonly verb: string;
  readonly user: string;
  readonly uri: string;
  readonly resource: string;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly dryRun: boolean;
  readonly code: number;
}

/** The notification-controller, and where it serves. */
export interface NotificationProcess {
  readonly controller: ControllerProcess;
  /** The event endpoint, for `--events-addr` of the other controllers. */
  readonly eventsUrl: string;
  /** Where the webhooks of Receivers are served, without their paths. */
  readonly receiverUrl: string;
}

/** Kinds of the installation that stand for Pods, which the environment runs as processes instead. */
const notNeeded: readonly string[] = ['Deployment', 'Service', 'NetworkPolicy', 'ResourceQuota'];

/** How often a controller is started anew because somebody else took a port of its own in the meantime. */
const maxStarts = 4;

/** Fast enough that tests do not wait for the client's own limit. What is looked at on a timer would hide a lost wake. */
const commonFlags = ['--kube-api-qps=1000', '--kube-api-burst=2000', '--requeue-dependency=1h', '--concurrent=8'];

/**
 * A cluster with the project installed, a Git server, and the controllers as processes under their own
 * ServiceAccounts and the installed roles. Start one for each test file.
 */
export class Environment {
  readonly plane: ControlPlane;
  readonly git: GitServer;
  /** The administrator, in the namespace `default`. */
  readonly kubectl: Kubectl;
  /** Where the source-controller keeps artifacts. */
  readonly storagePath: string;
  readonly #options: EnvironmentOptions;
  readonly #group: ProcessGroup;
  readonly #logFile: string;
  #storageAddr: string;
  #source: ControllerProcess | undefined;
  #kustomize: ControllerProcess | undefined;
  #helm: ControllerProcess | undefined;
  #notification: NotificationProcess | undefined;

  private constructor(
    options: EnvironmentOptions,
    parts: { plane: ControlPlane; git: GitServer; dir: string; storageAddr: string },
  ) {
    this.#options = options;
    this.plane = parts.plane;
    this.git = parts.git;
    this.kubectl = new Kubectl(parts.plane.admin);
    this.storagePath = join(parts.dir, 'storage');
    this.#logFile = join(parts.dir, 'controllers.log');
    this.#storageAddr = parts.storageAddr;
    this.#group = new ProcessGroup([parts.dir]);
  }

  static async start(options: EnvironmentOptions = {}): Promise<Environment> {
    const { kwok = false, audit = false, controllers } = options;
    const [plane, git, dir, port] = await Promise.all([
      startControlPlane({ kwok, audit, ...(controllers === undefined ? {} : { controllers }) }),
      GitServer.start(),
      mkdtemp(join(tmpdir(), 'sluice-e2e-')),
      freePort(),
    ]);
    const environment = new Environment(options, { plane, git, dir, storageAddr: `127.0.0.1:${port}` });
    try {
      await environment.#install();
      if (options.start !== false) await environment.startControllers();
      return environment;
    } catch (error) {
      await environment.stop();
      throw error;
    }
  }

  get source(): ControllerProcess {
    if (this.#source === undefined) throw new Error('the source-controller was not started');
    return this.#source;
  }

  get kustomize(): ControllerProcess {
    if (this.#kustomize === undefined) throw new Error('the kustomize-controller was not started');
    return this.#kustomize;
  }

  get helm(): ControllerProcess {
    if (this.#helm === undefined) throw new Error('the helm-controller was not started');
    return this.#helm;
  }

  get notification(): NotificationProcess {
    if (this.#notification === undefined) throw new Error('the notification-controller was not started');
    return this.#notification;
  }

  /** `127.0.0.1:PORT` of the source-controller's file server, for good once that has started. */
  get storageAddr(): string {
    return this.#storageAddr;
  }

  /** Path of a file with everything that all controllers of this environment have logged. */
  get logFile(): string {
    return this.#logFile;
  }

  async startControllers(): Promise<void> {
    await Promise.all([this.startSource(), this.startKustomize()]);
  }

  /** Starts the source-controller, again under the same address and with the same storage. */
  async startSource(...flags: readonly string[]): Promise<void> {
    for (let start = 1; ; start++) {
      const storage = [`--storage-path=${this.storagePath}`, `--storage-addr=${this.#storageAddr}`];
      try {
        this.#source = await this.#controller('source-controller', [...storage, ...flags]);
        return;
      } catch (error) {
        // Free ports are not held: whoever is quicker has them.
        const isTaken = this.#source === undefined && String(error).includes('EADDRINUSE');
        if (start === maxStarts || !isTaken) throw error;
        this.#storageAddr = `127.0.0.1:${await freePort()}`;
      }
    }
  }

  async startKustomize(...flags: readonly string[]): Promise<void> {
    this.#kustomize = await this.#controller('kustomize-controller', [
      '--concurrent-ssa=4',
      ...(this.#options.kustomizeFlags ?? []),
      ...flags,
    ]);
  }

  async startHelm(...flags: readonly string[]): Promise<void> {
    this.#helm = await this.#controller('helm-controller', flags);
  }

  /** Starts the notification-controller, again under the same addresses. */
  async startNotification(...flags: readonly string[]): Promise<NotificationProcess> {
    if (this.#notification !== undefined) return this.#startNotificationAt(this.#notification, flags);
    for (let start = 1; ; start++) {
      const [events, receiver] = [await freePort(), await freePort()];
      const urls = { eventsUrl: `http://127.0.0.1:${events}/`, receiverUrl: `http://127.0.0.1:${receiver}` };
      try {
        return await this.#startNotificationAt(urls, flags);
      } catch (error) {
        // Free ports are not held: whoever is quicker has them.
        if (start === maxStarts || !String(error).includes('EADDRINUSE')) throw error;
      }
    }
  }

  async #startNotificationAt(
    { eventsUrl, receiverUrl }: Omit<NotificationProcess, 'controller'>,
    flags: readonly string[],
  ): Promise<NotificationProcess> {
    const addresses = [`--events-addr=${new URL(eventsUrl).host}`, `--receiverAddr=${new URL(receiverUrl).host}`];
    const controller = await this.#controller('notification-controller', [...addresses, ...flags]);
    this.#notification = { controller, eventsUrl, receiverUrl };
    return this.#notification;
  }

  /** Starts another kustomize-controller beside the first one, with these flags alone. */
  async startShard(...flags: readonly string[]): Promise<ControllerProcess> {
    return this.#controller('kustomize-controller', flags);
  }

  async #controller(name: string, flags: readonly string[]): Promise<ControllerProcess> {
    return ControllerProcess.start({
      name,
      kubeconfig: await this.plane.kubeconfigForServiceAccount('flux-system', name),
      group: this.#group,
      flags: [...commonFlags, ...flags],
      ...(this.#options.entry === undefined ? {} : { entry: this.#options.entry }),
      logFile: this.#logFile,
    });
  }

  /** A namespace and a Git repository of a test's own. */
  async tenant(prefix = 'test'): Promise<Tenant> {
    const kubectl = await this.kubectl.createNamespace(prefix);
    const repository = await this.git.create(`${prefix}-${randomBytes(4).toString('hex')}`);
    return new Tenant({ environment: this, kubectl, repository });
  }

  /** This moment, for {@link requestsSince}. */
  async auditMark(): Promise<AuditMark> {
    return { offset: (await stat(this.#auditLog())).size, at: Date.now() };
  }

  /**
   * The requests that one of our controllers has made since a mark, oldest first. An earlier one may reach the log after
   * the mark, when the machine is busy; it is left out by its time. Watches and lists of caches are in it too.
   */
  async requestsSince({ offset, at }: AuditMark, controller: string): Promise<readonly SeenRequest[]> {
    await using file = await open(this.#auditLog());
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(size - offset), 0, size - offset, offset);
    const lines = buffer.toString('utf8').split('\n').slice(0, -1);
    return lines
      .map(seenRequest)
      .filter(({ user, at: seen }) => seen >= at && user === `system:serviceaccount:flux-system:${controller}`);
  }

  #auditLog(): string {
    if (this.plane.auditLog === undefined) throw new Error('the environment was started without an audit log');
    return this.plane.auditLog;
  }

  async #install(): Promise<void> {
    const objects = renderInstall({ ...defaultInstallOptions('0.0.0'), ...this.#options.install }).filter(
      ({ kind }) => !notNeeded.includes(kind),
    );
    await this.kubectl.apply(objects);
    await waitFor(async () => {
      const crds = await this.kubectl.list('apiextensions.k8s.io/v1', 'CustomResourceDefinition');
      return crds.every((crd) => condition(crd, 'Established')?.status === 'True');
    }, 'the definitions to be established');
  }

  async stop(): Promise<void> {
    await Promise.all([this.#source?.stop(), this.#kustomize?.stop()]);
    await this.#notification?.controller.stop();
    await this.#group.close();
    await this.git.stop();
    await this.plane.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

interface AuditEvent {
  readonly requestReceivedTimestamp: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

function seenRequest(line: string): SeenRequest {
  const { verb, requestURI, user, objectRef, responseStatus, requestReceivedTimestamp } = JSON.parse(
    line,
  ) as AuditEvent;
  return {
    at: Date.parse(requestReceivedTimestamp),
    verb,
    user: user.username,
    uri: requestURI,
    resource: objectRef?.resource ?? '',
    subresource: objectRef?.subresource,
    namespace: objectRef?.namespace,
    name: objectRef?.name,
    dryRun: requestURI.includes('dryRun=All'),
    code: responseStatus?.code ?? 0,
  };
}
