import { hostname } from 'node:os';
import { type Cloud, type CloudSurroundings, createCloud } from '../../appliers/cloud.ts';
import { FileServer } from '../../artifact/file-server.ts';
import { advertisedAddress, Storage } from '../../artifact/storage.ts';
import { GitSessions } from '../../git/sessions.ts';
import type { EnvironmentProxy } from '../../net/http-agents.ts';
import { RegistrySessions } from '../../oci/sessions.ts';
import type { ControllerParts, Environment } from '../../runtime/composition.ts';
import type { Runnable } from '../../runtime/manager.ts';
import { createSourceCaches } from './caches.ts';
import type { SourceFlags, SourceGates } from './flags.ts';
import { gitRepositoryController } from './git-repository/controller.ts';
import { ChartHttp } from './helm/chart-http.ts';
import { helmControllers } from './helm-controllers.ts';
import { ociRepositoryController } from './oci-repository/controller.ts';

/**
 * The source-controller: its storage with the file server, and the controllers of the source kinds.
 *
 * @param proxies Those of the environment, for repositories without one of their own, and for clouds.
 * @param variables The environment variables that tell of the machine's identity in a cloud.
 */
export function createSourceControllers(
  environment: Environment,
  flags: SourceFlags,
  gates: SourceGates,
  proxies?: EnvironmentProxy,
  variables: CloudSurroundings['variables'] = {},
): ControllerParts {
  const storage = new Storage({
    root: flags.storagePath,
    hostname: advertisedAddress({ advAddr: flags.storageAdvAddr, addr: flags.storageAddr, hostname: hostname() }),
    retention: { ttlMs: flags.artifactRetentionTtlMs, records: flags.artifactRetentionRecords },
    algorithm: flags.artifactDigestAlgo,
    clock: environment.clock,
  });
  const sessions = new GitSessions(proxies === undefined ? {} : { environmentProxy: proxies });
  const registries = new RegistrySessions(proxies === undefined ? {} : { environmentProxy: proxies });
  const cloud = createSourceCloud(environment, flags, gates, { proxies, variables });
  const http = new ChartHttp(proxies);
  const caches = createSourceCaches(environment);
  const helm = helmControllers(environment, caches, flags, { storage, http, sessions: registries, cloud: cloud.auth });
  const controllers = [
    gitRepositoryController(environment, caches, { storage, sessions, gates }),
    ociRepositoryController(
      environment,
      caches,
      {
        storage,
        sessions: registries,
        cloud: cloud.auth,
        gates,
        defaultServiceAccount: flags.defaultServiceAccount,
      },
      cloud.forget,
    ),
    ...helm.controllers,
  ];
  const fileServer = new FileServer({ root: storage.root, addr: flags.storageAddr });
  return {
    caches: Object.values(caches),
    runnables: [
      ...helm.runnables,
      {
        start: (signal) =>
          serve(signal, { storage, fileServer, connections: [sessions, registries, http, cloud], controllers }),
      },
    ],
  };
}

function createSourceCloud(
  environment: Environment,
  { defaultServiceAccount }: SourceFlags,
  { ObjectLevelWorkloadIdentity: objectLevel }: SourceGates,
  surroundings: CloudSurroundings,
): Cloud {
  const use = {
    kind: 'OCIRepository',
    operations: ['reconcile'],
    objectLevel,
    defaultAccounts: [defaultServiceAccount],
  };
  return createCloud(environment, use, surroundings);
}

interface Served {
  readonly storage: Storage;
  readonly fileServer: FileServer;
  readonly connections: readonly { close(): Promise<void> }[];
  readonly controllers: readonly Runnable[];
}

/**
 * One after the other: who has the lease owns the storage, and artifacts can be fetched before the first status speaks
 * of one and until the last controller has ended.
 */
async function serve(signal: AbortSignal, { storage, fileServer, connections, controllers }: Served): Promise<void> {
  await storage.prepare();
  await fileServer.listen();
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  try {
    await Promise.all(
      controllers.map((controller) =>
        controller.start(stop).catch((error: unknown) => {
          failed.abort(error);
          throw error;
        }),
      ),
    );
  } finally {
    await fileServer.close();
    await Promise.all(connections.map((kept) => kept.close()));
  }
}
