import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiClient } from '../support/api-client.ts';
import { Authority } from '../support/certificates.ts';
import { ProcessGroup } from '../support/process-group.ts';
import { findBinaries } from './binaries.ts';
import { basicControllers, workloadControllers } from './components.ts';
import type { Credentials } from './kubeconfig.ts';
import { RunningControlPlane } from './running-control-plane.ts';
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
