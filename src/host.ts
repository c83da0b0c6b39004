import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Connection } from './kube/connection.ts';
import { type ClientOptions, type ClosableClient, createClient } from './kube/http-client.ts';
import { loadConnection } from './kube/kubeconfig.ts';
import { systemClock } from './lib/clock.ts';
import { errorMessage } from './lib/errors.ts';
import type { ControllerParts, Environment } from './runtime/composition.ts';
import { EventRecorder } from './runtime/events.ts';
import type { CommonFlags } from './runtime/flags.ts';
import { LeaderElector, leaseName } from './runtime/lease.ts';
import { createLogger } from './runtime/logging.ts';
import { Manager } from './runtime/manager.ts';
import { createMetrics } from './runtime/metrics.ts';

/** The environment variables that a controller process reads; main.ts alone knows where they come from. */
export interface ProcessEnvironment {
  readonly kubeconfig?: string | undefined;
  readonly serviceHost?: string | undefined;
  readonly servicePort?: string | undefined;
  /** `RUNTIME_NAMESPACE`, which install sets to the Pod's namespace. */
  readonly runtimeNamespace?: string | undefined;
}

/** For a call to another cluster (fluxcd/pkg runtime/client/kubeconfig.go). */
const otherClusterTimeoutMs = 30_000;

export interface HostedGroup {
  /** As events, leases and metrics name it, for example `kustomize-controller`. */
  readonly name: string;
  /** Where its events are posted to, where that is not `--events-addr`; empty: nowhere. */
  readonly eventsAddr?: string;
  create(environment: Environment): Promise<ControllerParts>;
}

export interface HostOptions {
  /** The name of the process: that of its only group, or `sluice`. */
  readonly name: string;
  readonly groups: readonly HostedGroup[];
  readonly flags: CommonFlags;
  readonly env: ProcessEnvironment;
  readonly version: string;
  /** Aborted when the process shall end. */
  readonly stop: AbortSignal;
}

/**
 * Runs controller groups in this process until `stop` is aborted, and resolves when everything has ended in order.
 * Throws when the process cannot serve.
 */
export async function host({ name, groups, flags, env, version, stop }: HostOptions): Promise<void> {
  const log = createLogger({ level: flags.logLevel, encoding: flags.logEncoding });
  const setupLog = log.child({ logger: 'setup' });
  stop.addEventListener('abort', () => setupLog.info(`${errorMessage(stop.reason)}, shutting down`), { once: true });
  const metrics = createMetrics();
  const connection = await loadConnection({
    ...(env.kubeconfig === undefined ? {} : { kubeconfig: env.kubeconfig }),
    inCluster: { host: env.serviceHost, port: env.servicePort },
  });
  const namespace = env.runtimeNamespace ?? connection.namespace;
  const clientOptions: ClientOptions = {
    qps: flags.kubeApiQps,
    burst: flags.kubeApiBurst,
    userAgent: `${name}/${version}`,
    log: log.child({ logger: 'kube' }),
    onRequest: (method, code, server) => metrics.restRequest(method, String(code), server),
  };
  const client = createClient(connection, clientOptions);
  const connect = (to: Connection): ClosableClient =>
    createClient(to, { ...clientOptions, timeoutMs: otherClusterTimeoutMs });
  const tempDir = await mkdtemp(join(tmpdir(), `${name}-`));
  const recorders = groups.map((group) => ({
    group,
    events: new EventRecorder({
      client,
      controllerName: group.name,
      eventsAddr: group.eventsAddr ?? flags.eventsAddr,
      metrics,
      log,
    }),
  }));
  const manager = new Manager({
    metricsAddr: flags.metricsAddr,
    healthAddr: flags.healthAddr,
    log: setupLog,
    metrics,
    events: {
      settle: async (signal) => void (await Promise.all(recorders.map(({ events }) => events.settle(signal)))),
      flush: async (signal) => void (await Promise.all(recorders.map(({ events }) => events.flush(signal)))),
    },
    ...electorFor(),
  });
  try {
    setupLog.info({ version }, `starting ${name}`);
    for (const { group, events } of recorders) {
      const environment = { client, connect, clock: systemClock, events, flags, log, metrics, tempDir };
      const parts = await group.create(namespace === undefined ? environment : { ...environment, namespace });
      for (const cache of parts.standbyCaches ?? []) manager.addStandbyCache(cache);
      for (const cache of parts.caches) manager.addCache(cache);
      for (const runnable of parts.runnables) manager.add(runnable);
    }
    await manager.start(stop);
  } finally {
    await client.close();
    await rm(tempDir, { recursive: true, force: true });
  }

  function electorFor(): { readonly elector?: LeaderElector } {
    if (!flags.enableLeaderElection) return {};
    const elector = new LeaderElector({
      client,
      name: leaseName(name, flags.watchLabelSelector),
      namespace: namespace ?? 'flux-system',
      identity: `${hostname()}_${randomUUID()}`,
      leaseDurationMs: flags.leaderElectionLeaseDurationMs,
      renewDeadlineMs: flags.leaderElectionRenewDeadlineMs,
      retryPeriodMs: flags.leaderElectionRetryPeriodMs,
      releaseOnCancel: flags.leaderElectionReleaseOnCancel,
      log: setupLog,
      metrics,
    });
    return { elector };
  }
}

/** Prints why the process could not serve, and sets the exit code. */
export function reportFatal(command: Command, error: unknown): void {
  process.stderr.write(`${command.name()}: ${errorMessage(error)}\n`);
  process.exitCode = 1;
}
