import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiClient } from '../support/api-client.ts';
import type { Authority } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import type { ProcessGroup, Supervised } from '../support/process-group.ts';
import {
  apiServerArgs,
  auditPolicy,
  type ComponentSettings,
  controllerManagerArgs,
  etcdArgs,
  fakeNode,
  files,
  kwokArgs,
  schedulerArgs,
} from './components.ts';
import type { ControlPlane, ControlPlaneOptions } from './control-plane.ts';
import { type Credentials, kubeconfig } from './kubeconfig.ts';
import { type Check, passAll, whenReady, whenUsable } from './readiness.ts';
import type { ProgramName } from './versions.ts';

const portAttempts = 3;

/** What a control plane is made of before it runs. */
export interface Parts {
  readonly dir: string;
  readonly group: ProcessGroup;
  readonly authority: Authority;
  readonly binaries: Readonly<Partial<Record<ProgramName, string>>>;
  readonly controllers: readonly string[];
  readonly nodes: number;
  readonly options: ControlPlaneOptions;
}

/** The programs of a control plane and their files; made and started by startControlPlane. */
export class RunningControlPlane implements ControlPlane {
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
        await this.#pass([etcd, this.#apiServer], [whenReady(this.admin)]);
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

  /** Waits for one check after the other; fails, with the ends of the logs, also when a needed process has ended. */
  async #pass(needed: readonly Supervised[], checks: readonly Check[]): Promise<void> {
    try {
      await passAll(checks, needed, this.#parts.options.signal);
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
    await this.#pass(await Promise.all(starting), whenUsable(this.admin, controllers, nodes));
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
    await this.#pass([this.#apiServer], [whenReady(this.admin)]);
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
