import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { loadAll } from 'js-yaml';
import { createSourceControllers } from '../../src/controllers/source/controllers.ts';
import { sourceFlags, sourceGatesFlag } from '../../src/controllers/source/flags.ts';
import { createClient } from '../../src/kube/http-client.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { errorMessage } from '../../src/lib/errors.ts';
import { EventRecorder } from '../../src/runtime/events.ts';
import { addFlags, commonFlags, flagValues } from '../../src/runtime/flags.ts';
import { createLogger } from '../../src/runtime/logging.ts';
import { Manager } from '../../src/runtime/manager.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import type { ApiObject } from './api-client.ts';
import { condition } from './conditions.ts';
import { freePort } from './free-port.ts';
import type { Kubectl } from './kubectl.ts';
import { waitFor } from './wait-for.ts';

const crds = join(import.meta.dirname, '../../config/crd');

export interface SourceControllerOptions {
  readonly kubeconfig: string;
  readonly storagePath: string;
  /** `127.0.0.1:PORT` of the file server; a port that is free when absent. */
  readonly storageAddr?: string;
  readonly tempDir: string;
  /** More flags. */
  readonly flags?: readonly string[];
  /** Takes log lines; none when absent. */
  readonly log?: (line: string) => void;
}

/** Installs the kinds that the controller waits for. */
export async function installSourceKinds(cluster: Kubectl): Promise<void> {
  const files = (await readdir(crds)).filter((name) => name.startsWith('source.'));
  const definitions = await Promise.all(files.map(async (name) => loadAll(await readFile(join(crds, name), 'utf8'))));
  const established = (crd: ApiObject): boolean => condition(crd, 'Established')?.status === 'True';
  for (const crd of await cluster.apply(definitions.flat() as object[]))
    await cluster.waitFor(crd, 'established', established);
}

/** The source-controller inside the test's own process: quick to start again on the same storage. */
export class SourceController {
  readonly #abort = new AbortController();
  readonly #ended: Promise<void>;

  /** `127.0.0.1:PORT` of the file server. */
  readonly storageAddr: string;

  private constructor(storageAddr: string, ended: (signal: AbortSignal) => Promise<void>) {
    this.storageAddr = storageAddr;
    this.#ended = ended(this.#abort.signal);
    // A failure is told by stop(); until then it must not end the test process.
    this.#ended.catch(() => undefined);
  }

  /** Resolves once it serves artifacts. Rejects with what kept it from that, as a port that is taken. */
  static async start(options: SourceControllerOptions): Promise<SourceController> {
    for (let tries = 1; ; tries++) {
      try {
        return await SourceController.#start(options, options.storageAddr ?? `127.0.0.1:${await freePort()}`);
      } catch (error) {
        // Another process may have taken the port that was free.
        const isTaken = options.storageAddr === undefined && errorMessage(error).includes('EADDRINUSE');
        if (tries === 3 || !isTaken) throw error;
      }
    }
  }

  static async #start(options: SourceControllerOptions, storageAddr: string): Promise<SourceController> {
    const command = new Command().exitOverride();
    const common = commonFlags({ concurrent: 4 });
    addFlags(command, { ...common, ...sourceFlags });
    const storage = [`--storage-path=${options.storagePath}`, `--storage-addr=${storageAddr}`];
    command.parse(['--metrics-addr=0', '--health-addr=0', ...storage, ...(options.flags ?? [])], { from: 'user' });
    const flags = flagValues(command, common);
    const metrics = createMetrics();
    const log = createLogger({ level: 'debug', encoding: 'json', stream: { write: (line) => options.log?.(line) } });
    const client = createClient(await loadConnection({ kubeconfig: options.kubeconfig }), {
      qps: flags.kubeApiQps,
      burst: flags.kubeApiBurst,
    });
    const { eventsAddr } = flags;
    const events = new EventRecorder({ client, controllerName: 'source-controller', eventsAddr, metrics, log });
    const { tempDir } = options;
    const environment = { client, connect: createClient, clock: systemClock, events, flags, log, metrics, tempDir };
    const parts = createSourceControllers(environment, flagValues(command, sourceFlags), sourceGatesFlag.default);
    const manager = new Manager({ metricsAddr: '0', healthAddr: '0', log, metrics, events });
    for (const cache of parts.caches) manager.addCache(cache);
    for (const runnable of parts.runnables) manager.add(runnable);
    const controller = new SourceController(storageAddr, (signal) =>
      manager.start(signal).finally(() => client.close()),
    );
    await Promise.race([
      waitFor(() => fetch(`http://${storageAddr}/`), 'the file server to answer', { deadlineMs: 60_000 }),
      controller.#ended.then(() => {
        throw new Error('the source-controller ended');
      }),
    ]);
    return controller;
  }

  /** Ends it as a process would end on SIGTERM. Rejects when it had failed. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#ended;
  }
}
