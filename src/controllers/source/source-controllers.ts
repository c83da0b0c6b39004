import { FileServer } from '../../artifact/file-server.ts';
import { advertisedAddress, Storage } from '../../artifact/storage.ts';
import type { EnvironmentProxy } from '../../git/http-agents.ts';
import { GitSessions } from '../../git/sessions.ts';
import type { ControllerParts, Environment } from '../../runtime/composition.ts';
import type { SourceFlags } from './flags.ts';
import { gitRepositoryParts } from './git-repository/controller.ts';

/** What the source-controller needs beside what every controller gets. */
export interface SourceEnvironment extends Environment {
  readonly sourceFlags: SourceFlags;
  /** This machine's name: the host of artifact URLs when the file server listens on 0.0.0.0. */
  readonly hostname: string;
  /** The proxies of the environment, for repositories without one of their own. */
  readonly environmentProxy?: EnvironmentProxy;
}

/**
 * The source-controller: its storage with the file server, and the controllers of the source kinds. Rejects when the
 * storage cannot be used.
 */
export async function createSourceControllers(environment: SourceEnvironment): Promise<ControllerParts> {
  const { sourceFlags: flags, clock, hostname, environmentProxy } = environment;
  const storage = await Storage.open({
    root: flags.storagePath,
    hostname: advertisedAddress({ advAddr: flags.storageAdvAddr, addr: flags.storageAddr, hostname }),
    retention: { ttlMs: flags.artifactRetentionTtlMs, records: flags.artifactRetentionRecords },
    algorithm: flags.artifactDigestAlgo,
    clock,
  });
  const sessions = new GitSessions(environmentProxy === undefined ? {} : { environmentProxy });
  const gitRepositories = gitRepositoryParts(environment, { storage, sessions });
  return {
    caches: gitRepositories.caches,
    runnables: [new FileServer({ root: storage.root, addr: flags.storageAddr }), ...gitRepositories.runnables],
  };
}
