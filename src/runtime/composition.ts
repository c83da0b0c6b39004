import type { Client } from '../kube/client.ts';
import type { Connection } from '../kube/connection.ts';
import type { ClosableClient } from '../kube/http-client.ts';
import type { Clock } from '../lib/clock.ts';
import type { EventSink } from './events.ts';
import type { CommonFlags } from './flags.ts';
import type { Logger } from './logging.ts';
import type { Cache, Runnable } from './manager.ts';
import type { RuntimeMetrics } from './metrics.ts';

/** What every controller group is given by the process that hosts it. */
export interface Environment {
  readonly client: Client;
  /** Connects to another cluster; requests are counted and named as those of `client`. */
  connect(connection: Connection): ClosableClient;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly flags: CommonFlags;
  readonly log: Logger;
  readonly metrics: RuntimeMetrics;
  /** The namespace that the process runs in; absent outside a cluster. */
  readonly namespace?: string;
  /** A directory for this process alone. */
  readonly tempDir: string;
}

/** What a controller group gives to the process. */
export interface ControllerParts {
  readonly caches: readonly Cache[];
  /** Caches that are filled also while another process has the lease, for servers that answer there too. */
  readonly standbyCaches?: readonly Cache[];
  readonly runnables: readonly Runnable[];
}
