import { Command } from 'commander';
import { createSourceControllers } from '../../src/controllers/source/controllers.ts';
import { sourceFlags, sourceGatesFlag } from '../../src/controllers/source/flags.ts';
import { createClient } from '../../src/kube/http-client.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { EventRecorder } from '../../src/runtime/events.ts';
import { addFlags, commonFlags, flagValues } from '../../src/runtime/flags.ts';
import { createLogger } from '../../src/runtime/logging.ts';
import { Manager } from '../../src/runtime/manager.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';

export interface SourceControllerOptions {
  readonly kubeconfig: string;
  readonly storagePath: string;
  /** `127.0.0.1:PORT` of the file server. */
  readonly storageAddr: string;
  readonly tempDir: string;
  /** More flags. */
  readonly flags?: readonly string[];
  /** Takes log lines; none when absent. */
  readonly log?: (line: string) => void;
}

/** The source-controller inside the test's own process: quick to start again on the same storage. */
export class SourceController {
  readonly #abort = new AbortController();
  readonly #ended: Promise<void>;

  private constructor(ended: (signal: AbortSignal) => Promise<void>) {
    this.#ended = ended(this.#abort.signal);
    // A failure is told by stop(); until then it must not end the test process.
    this.#ended.catch(() => undefined);
  }

  static async start(options: SourceControllerOptions): Promise<SourceController> {
    const command = new Command().exitOverride();
    const common = commonFlags({ concurrent: 4 });
    addFlags(command, { ...common, ...sourceFlags });
    const storage = [`--storage-path=${options.storagePath}`, `--storage-addr=${options.storageAddr}`];
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
    return new SourceController((signal) => manager.start(signal).finally(() => client.close()));
  }

  /** Ends it as a process would end on SIGTERM. Rejects when it had failed. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#ended;
  }
}
