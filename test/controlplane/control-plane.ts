import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient, type ApiObject } from '../support/api-client.ts';
import { Authority } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { ProcessGroup, type Supervised } from '../support/process-group.ts';
import { waitFor } from '../support/wait-for.ts';
import { findBinaries } from './binaries.ts';
import {
  apiServerArgs,
  auditPolicy,
  basicControllers,
  type ComponentSettings,
  controllerManagerArgs,
  etcdArgs,
  fakeNode,
  files,
  kwokArgs,
  schedulerArgs,
  workloadControllers,
} from './components.ts';
import { type Credentials, kubeconfig } from './kubeconfig.ts';
import type { ProgramName } from './versions.ts';

export interface ControlPlaneOptions {
  /** Folder of ready-made programs; the variable KUBEBUILDER_ASSETS when absent. */
  readonly assets?: string;
  /** Write an audit log at level Metadata; see {@link ControlPlane.auditLog}. */
  readonly audit?: boolean;
  /** Run nodes without machines, so that Pods are scheduled and become ready: a number of nodes, or true for one. */
  readonly kwok?: boolean | number;
  /**
   * Controllers that kube-controller-manager runs, by its names. Without KWOK the few that a GitOps tool meets, with it
   * also those of workloads. An empty list starts no kube-controller-manager.
   */
  readonly controllers?: readonly string[];
  /** More arguments for kube-apiserver. */
  readonly apiServerArgs?: readonly string[];
  /** Takes lines of progress; standard error when absent. */
  readonly log?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** A Kubernetes control plane of one's own, on loopback. Everything it has is gone after {@link stop}. */
export interface ControlPlane {
  /** Folder of everything below, with the programs' logs under `logs/`; removed by {@link stop}. */
  readonly dir: string;
  /** URL of the API server. */
  readonly server: string;
  /** PEM of the authority that signs the server's certificate and those of users. */
  readonly ca: string;
  /** Path of a kubeconfig whose user is in `system:masters`. */
  readonly kubeconfig: string;
  /** Plain requests as that user. */
  readonly admin: ApiClient;
  /** Path of the audit log, one JSON event a line; only with the option `audit`. */
  readonly auditLog: string | undefined;
  /** A client certificate for a user whom RBAC knows by this name and these groups. */
  credentialsFor(user: string, groups?: readonly string[]): Promise<Credentials>;
  /** Plain requests as that user. The caller closes the client. */
  clientFor(user: string, groups?: readonly string[]): Promise<ApiClient>;
  /** Path of a kubeconfig for that user. */
  kubeconfigFor(user: string, groups?: readonly string[]): Promise<string>;
  /** Path of a kubeconfig with a token of a ServiceAccount that exists; its namespace is the context's. */
  kubeconfigForServiceAccount(namespace: string, name: string): Promise<string>;
  /** Stops the API server in its tracks: connections stay open and nothing is answered. */
  pauseApiServer(): void;
  resumeApiServer(): void;
  /** Ends the API server: at once, or, when `graceful`, by draining, which takes a minute while watches are open. */
  stopApiServer(options?: { readonly graceful?: boolean }): Promise<void>;
  /** Starts it again under the same URL with the same data; returns when it is ready. */
  startApiServer(): Promise<void>;
  restartApiServer(options?: { readonly graceful?: boolean }): Promise<void>;
  /** Ends all programs and removes the folder. Also happens when this process ends in any other way. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const startDeadlineMs = 60_000;
const portAttempts = 3;

/**
 * Starts etcd, kube-apiserver, kube-controller-manager and, if asked, kube-scheduler and KWOK, finding or building the
 * programs as {@link findBinaries} does. Returns when the server is ready and the default namespace is usable.
 *
 * @throws {BuildError} when programs are missing and cannot be built.
 * @throws {Error} with the end of a program's log when it does not come up.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const log = options.log ?? ((line) => process.stderr.write(`${line}\n`));
  const nodes = Number(options.kwok ?? 0);
  const controllers = options.controllers ?? (nodes > 0 ? workloadControllers : basicControllers);
  const names: ProgramName[] = ['etcd', 'kube-apiserver'];
  if (controllers.length > 0) names.push('kube-controller-manager');
  if (nodes > 0) names.push('kube-scheduler', 'kwok');
  const binaries = await findBinaries(names, {
    assets: options.assets ?? process.env['KUBEBUILDER_ASSETS'],
    log,
    ...(options.signal ? { signal: options.signal } : {}),
  });

  const dir = await mkdtemp(join(tmpdir(), 'sluice-cp-'));
  const group = new ProcessGroup([dir]);
  try {
    const authority = await Authority.create('sluice-test');
    const plane = new RunningControlPlane({ dir, group, authority, binaries, controllers, nodes, options });
    await plane.start();
    return plane;
  } catch (error) {
    await group.close();
    throw error;
  }
}

interface Parts {
  readonly dir: string;
  readonly group: ProcessGroup;
  readonly authority: Authority;
  readonly binaries: Readonly<Partial<Record<ProgramName, string>>>;
  readonly controllers: readonly string[];
  readonly nodes: number;
  readonly options: ControlPlaneOptions;
}

/** What is waited for, and whether it has come. */
type Check = readonly [what: string, check: (signal: AbortSignal) => Promise<boolean>];

class RunningControlPlane implements ControlPlane {
  readonly dir: string;
  readonly ca: string;
  readonly kubeconfig: string;
  readonly auditLog: string | undefined;
  readonly #parts: Parts;
  #server = '';
  #admin: ApiClient | undefined;
  #settings: ComponentSettings | undefined;
  #apiServer: Supervised | undefined;
  #kubeconfigs = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.dir = parts.dir;
    this.ca = parts.authority.certificate;
    this.kubeconfig = join(parts.dir, 'kubeconfig');
    this.auditLog = parts.options.audit ? join(parts.dir, 'audit.log') : undefined;
  }

  get server(): string {
    return this.#server;
  }

  get admin(): ApiClient {
    if (this.#admin === undefined) throw new Error('the control plane is not started');
    return this.#admin;
  }

  async start(): Promise<void> {
    await this.#writeFiles();
    const credentials = await this.credentialsFor('admin', ['system:masters']);
    const etcd = await this.#run('etcd', etcdArgs(this.#configure(0)));
    for (let attempt = 1; ; attempt++) {
      const settings = this.#configure(await freePort());
      await writeFile(this.kubeconfig, kubeconfig({ server: this.server, ca: this.ca, user: 'admin', credentials }), {
        mode: 0o600,
      });
      await this.#admin?.close();
      this.#admin = new ApiClient({ server: this.server, ca: this.ca, credentials });
      try {
        this.#apiServer = await this.#run('kube-apiserver', apiServerArgs(settings));
        await this.#ready([etcd, this.#apiServer]);
        break;
      } catch (error) {
        const taken = error instanceof Error && error.message.includes('address already in use');
        if (!taken || attempt === portAttempts) throw error;
      }
    }
    await this.#startControllers(this.#configured());
  }

  #configure(port: number): ComponentSettings {
    this.#server = `https://127.0.0.1:${port}`;
    this.#settings = {
      dir: this.dir,
      port,
      kubeconfig: this.kubeconfig,
      auditLog: this.auditLog,
      controllers: this.#parts.controllers,
      apiServerArgs: this.#parts.options.apiServerArgs ?? [],
    };
    return this.#settings;
  }

  #configured(): ComponentSettings {
    if (this.#settings === undefined) throw new Error('the control plane is not started');
    return this.#settings;
  }

  async #writeFiles(): Promise<void> {
    const serving = await this.#parts.authority.issueServer('kube-apiserver', ['kubernetes.default.svc']);
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const contents: Record<string, string> = {
      [files.ca]: this.ca,
      [files.servingCertificate]: serving.certificate,
      [files.servingKey]: serving.key,
      [files.serviceAccountKey]: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      [files.serviceAccountPublicKey]: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      [files.auditPolicy]: JSON.stringify(auditPolicy),
    };
    await mkdir(join(this.dir, 'logs'));
    await Promise.all(
      Object.entries(contents).map(([name, text]) => writeFile(join(this.dir, name), text, { mode: 0o600 })),
    );
  }

  async #run(name: ProgramName, args: readonly string[]): Promise<Supervised> {
    const binary = this.#parts.binaries[name];
    if (binary === undefined) throw new Error(`no ${name} was asked for`);
    return this.#parts.group.spawn(binary, args, {
      cwd: this.dir,
      env: { PATH: process.env['PATH'] ?? '', HOME: this.dir }, // no proxy, no kubeconfig, no settings of the user
      logFile: join(this.dir, 'logs', `${name}.log`),
    });
  }

  /** Waits for /readyz. */
  async #ready(needed: readonly Supervised[]): Promise<void> {
    const isReady = async (signal: AbortSignal) => (await this.admin.send('GET', '/readyz', { signal })).status === 200;
    await this.#come(needed, [['the API server to be ready', isReady]]);
  }

  /** Waits for one check after the other; fails, with the ends of the logs, also when a needed process has ended. */
  async #come(needed: readonly Supervised[], checks: readonly Check[]): Promise<void> {
    const ended = new AbortController();
    for (const process of needed) {
      void process.exited.then((code) => ended.abort(new Error(`a program ended (${code})`)));
    }
    const { signal: given } = this.#parts.options;
    const signal = given === undefined ? ended.signal : AbortSignal.any([given, ended.signal]);
    try {
      for (const [what, check] of checks) {
        await waitFor(check, what, { deadlineMs: startDeadlineMs, intervalMs: 50, signal });
      }
    } catch (cause) {
      throw new Error(`the control plane did not start\n${await this.#logs()}`, { cause });
    }
  }

  async #logs(): Promise<string> {
    const tails = Object.keys(this.#parts.binaries).map(async (name) => {
      const text = await readFile(join(this.dir, 'logs', `${name}.log`), 'utf8').catch(() => '');
      return text === '' ? [] : [`--- ${name}`, ...text.trimEnd().split('\n').slice(-15)];
    });
    return (await Promise.all(tails)).flat().join('\n');
  }

  async #startControllers(settings: ComponentSettings): Promise<void> {
    const { controllers, nodes } = this.#parts;
    const starting: Promise<Supervised>[] = [];
    if (controllers.length > 0) starting.push(this.#run('kube-controller-manager', controllerManagerArgs(settings)));
    if (nodes > 0) {
      for (let index = 0; index < nodes; index++) {
        await this.admin.call('POST', '/api/v1/nodes', { body: fakeNode(`kwok-${index}`) });
      }
      starting.push(this.#run('kube-scheduler', schedulerArgs(settings)), this.#run('kwok', kwokArgs(settings)));
    }
    await this.#come(await Promise.all(starting), this.#usable());
  }

  /** The default namespace can run Pods, the aggregated roles have their rules, and the nodes are ready. */
  #usable(): Check[] {
    const { controllers, nodes } = this.#parts;
    const has = (path: string, test: (object: ApiObject) => boolean) => async (signal: AbortSignal) => {
      const { status, text } = await this.admin.send('GET', path, { signal });
      return status === 200 && test(JSON.parse(text) as ApiObject);
    };
    const checks: Check[] = [];
    if (controllers.includes('serviceaccount-controller')) {
      const path = '/api/v1/namespaces/default/serviceaccounts/default';
      checks.push(['the default ServiceAccount', has(path, () => true)]);
    }
    if (controllers.includes('clusterrole-aggregation-controller')) {
      const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/admin';
      checks.push(['the aggregated role admin', has(path, (role) => Array.isArray(role['rules']))]);
    }
    if (nodes > 0) {
      checks.push(['the nodes to be ready', has('/api/v1/nodes', (list) => countReady(list) === nodes)]);
    }
    return checks;
  }

  async credentialsFor(user: string, groups: readonly string[] = []): Promise<Credentials> {
    return this.#parts.authority.issueClient({ commonName: user, organizations: groups });
  }

  async clientFor(user: string, groups: readonly string[] = []): Promise<ApiClient> {
    return new ApiClient({ server: this.server, ca: this.ca, credentials: await this.credentialsFor(user, groups) });
  }

  async kubeconfigFor(user: string, groups: readonly string[] = []): Promise<string> {
    return this.#writeKubeconfig(user, await this.credentialsFor(user, groups));
  }

  async kubeconfigForServiceAccount(namespace: string, name: string): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 86_400 } };
    const { status } = await this.admin.call<{ status: { token: string } }>('POST', path, { body });
    return this.#writeKubeconfig(name, { token: status.token }, namespace);
  }

  async #writeKubeconfig(user: string, credentials: Credentials, namespace?: string): Promise<string> {
    const path = join(this.dir, `kubeconfig-${++this.#kubeconfigs}-${user.replaceAll(/[^\w.-]/g, '_')}`);
    const place = namespace === undefined ? {} : { namespace };
    await writeFile(path, kubeconfig({ server: this.server, ca: this.ca, user, credentials, ...place }), {
      mode: 0o600,
    });
    return path;
  }

  pauseApiServer(): void {
    this.#runningApiServer().signal('SIGSTOP');
  }

  resumeApiServer(): void {
    this.#runningApiServer().signal('SIGCONT');
  }

  #runningApiServer(): Supervised {
    if (this.#apiServer === undefined || this.#apiServer.hasExited()) throw new Error('the API server does not run');
    return this.#apiServer;
  }

  async stopApiServer({ graceful = false }: { readonly graceful?: boolean } = {}): Promise<void> {
    const server = this.#runningApiServer();
    server.child.ref();
    server.signal(graceful ? 'SIGTERM' : 'SIGKILL');
    await server.exited;
  }

  async startApiServer(): Promise<void> {
    this.#apiServer = await this.#run('kube-apiserver', apiServerArgs(this.#configured()));
    await this.#ready([this.#apiServer]);
  }

  async restartApiServer(options: { readonly graceful?: boolean } = {}): Promise<void> {
    await this.stopApiServer(options);
    await this.startApiServer();
  }

  async stop(): Promise<void> {
    await this.#admin?.close();
    await this.#parts.group.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function countReady(list: ApiObject): number {
  const items = list['items'] as { status?: { conditions?: { type: string; status: string }[] } }[];
  return items.filter((node) => node.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True')).length;
}
