import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { PartialObject } from '../kube/object.ts';
import { exponentialBuckets, exponentialBucketsRange, reconcileTimeBuckets } from './metric-buckets.ts';
import { type ResourceInfoSource, resourceInfo } from './resource-info.ts';
import type { QueueObserver, WorkQueue } from './work-queue.ts';

/** How a reconcile ended, as controller-runtime counts it. */
export type ReconcileResult = 'success' | 'error' | 'requeue' | 'requeue_after';

/** All metrics of a process, under the names that Flux's dashboards and alerts know. */
export interface RuntimeMetrics {
  readonly registry: Registry;
  /** The exposition, and its content type. */
  expose(): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Gauges of a controller and its queue. */
  trackController(controller: string, concurrency: number, queue: WorkQueue): void;
  queueObserver(controller: string): QueueObserver;
  /** Counts a reconcile as active until the function it gives is called. */
  reconcileStarted(controller: string): (result: ReconcileResult) => void;
  reconcilePanicked(controller: string): void;
  /** A stalled outcome: counted as terminal error, although the reconcile itself ends well. */
  reconcileStalled(controller: string): void;
  /** `gotk_reconcile_duration_seconds` of an object. */
  recordDuration(kind: string, object: PartialObject, seconds: number): void;
  /** Forget an object that is gone. */
  forgetObject(kind: string, name: string, namespace: string | undefined): void;
  /** Let `gotk_resource_info` tell of the objects of a kind. */
  addResourceInfo(source: ResourceInfoSource): void;
  /** One answer of the API server; `code` is `<error>` when there was none. */
  restRequest(method: string, code: string, host: string): void;
  leaderElection(name: string, isMaster: boolean): void;
  /** An event that could not be kept or sent; `sink` is `kubernetes` or `webhook`. */
  eventDropped(sink: 'kubernetes' | 'webhook'): void;
}

/**
 * The metrics of one process. Names, labels and buckets: fluxcd/pkg runtime/metrics, controller-runtime
 * pkg/internal/controller/metrics and pkg/internal/metrics, client-go tools/metrics; `gotk_resource_info` is what
 * Flux users otherwise get from kube-state-metrics. Node's own (`nodejs_eventloop_lag_*`) stand in for `go_*`.
 */
export function createMetrics(): RuntimeMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const queue = queueMetrics(registry);
  const controllers = controllerMetrics(registry);
  const duration = new Histogram({
    name: 'gotk_reconcile_duration_seconds',
    help: 'The duration in seconds of a GitOps Toolkit resource reconciliation.',
    labelNames: ['kind', 'name', 'namespace'],
    buckets: exponentialBucketsRange(10e-3, 1800, 10),
    registers: [registry],
  });
  const rest = new Counter({
    name: 'rest_client_requests_total',
    help: 'Number of HTTP requests, partitioned by status code, method, and host.',
    labelNames: ['code', 'method', 'host'],
    registers: [registry],
  });
  const leader = new Gauge({
    name: 'leader_election_master_status',
    help: 'Whether this process holds the lease (1) or not (0).',
    labelNames: ['name'],
    registers: [registry],
  });
  const dropped = new Counter({
    name: 'sluice_events_dropped_total',
    help: 'Events that were given up because a queue was full or a receiver did not take them.',
    labelNames: ['sink'],
    registers: [registry],
  });
  const sources: ResourceInfoSource[] = [];
  resourceInfo(registry, sources);

  return {
    registry,
    expose: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
    ...queue,
    ...controllers,
    trackController(controller, concurrency, workQueue) {
      controllers.setConcurrency(controller, concurrency);
      queue.track(controller, workQueue);
    },
    recordDuration: (kind, { metadata: { name, namespace = '' } }, seconds) =>
      duration.observe({ kind, name, namespace }, seconds),
    forgetObject: (kind, name, namespace = '') => duration.remove({ kind, name, namespace }),
    addResourceInfo: (source) => void sources.push(source),
    restRequest: (method, code, host) => rest.inc({ method, code, host }),
    leaderElection: (name, isMaster) => leader.set({ name }, isMaster ? 1 : 0),
    eventDropped: (sink) => dropped.inc({ sink }),
  };
}

function controllerMetrics(registry: Registry) {
  const registers = [registry];
  const labelNames = ['controller'] as const;
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Total number of reconciliations per controller',
    labelNames: ['controller', 'result'],
    registers,
  });
  const errors = new Counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Total number of reconciliation errors per controller',
    labelNames,
    registers,
  });
  const terminal = new Counter({
    name: 'controller_runtime_terminal_reconcile_errors_total',
    help: 'Total number of terminal reconciliation errors per controller',
    labelNames,
    registers,
  });
  const panics = new Counter({
    name: 'controller_runtime_reconcile_panics_total',
    help: 'Total number of reconciliations per controller that ended in an error nobody foresaw',
    labelNames,
    registers,
  });
  const seconds = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Length of time per reconciliation per controller',
    labelNames,
    buckets: reconcileTimeBuckets,
    registers,
  });
  const concurrent = new Gauge({
    name: 'controller_runtime_max_concurrent_reconciles',
    help: 'Maximum number of concurrent reconciles per controller',
    labelNames,
    registers,
  });
  const active = new Gauge({
    name: 'controller_runtime_active_workers',
    help: 'Number of currently used workers per controller',
    labelNames,
    registers,
  });
  return {
    setConcurrency(controller: string, concurrency: number): void {
      concurrent.set({ controller }, concurrency);
      active.set({ controller }, 0);
      for (const counter of [errors, terminal, panics]) counter.inc({ controller }, 0);
      for (const result of ['success', 'error', 'requeue', 'requeue_after']) total.inc({ controller, result }, 0);
    },
    reconcileStarted(controller: string) {
      const stop = seconds.startTimer({ controller });
      active.inc({ controller });
      return (result: ReconcileResult): void => {
        stop();
        active.dec({ controller });
        total.inc({ controller, result });
        if (result === 'error') errors.inc({ controller });
      };
    },
    reconcilePanicked: (controller: string) => panics.inc({ controller }),
    reconcileStalled: (controller: string) => terminal.inc({ controller }),
  };
}

function queueMetrics(registry: Registry) {
  const registers = [registry];
  const labelNames = ['name', 'controller'] as const;
  const queues = new Map<string, WorkQueue>();
  const labels = (controller: string) => ({ name: controller, controller });
  const gauge = (name: string, help: string, value: (queue: WorkQueue) => number) =>
    new Gauge({
      name: `workqueue_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        for (const [controller, queue] of queues) this.set(labels(controller), value(queue));
      },
    });
  gauge('depth', 'Current depth of workqueue', (queue) => queue.depth);
  gauge('unfinished_work_seconds', 'Seconds of work that is in progress and not yet observed', (queue) =>
    queue.runningSeconds().reduce((sum, seconds) => sum + seconds, 0),
  );
  gauge('longest_running_processor_seconds', 'Seconds that the longest running processor has been running', (queue) =>
    Math.max(0, ...queue.runningSeconds()),
  );
  const adds = new Counter({
    name: 'workqueue_adds_total',
    help: 'Total number of adds handled by workqueue',
    labelNames,
    registers,
  });
  const retries = new Counter({
    name: 'workqueue_retries_total',
    help: 'Total number of retries handled by workqueue',
    labelNames,
    registers,
  });
  const buckets = exponentialBuckets(10e-9, 10, 12);
  const waited = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long in seconds an item stays in workqueue before being requested',
    labelNames,
    buckets,
    registers,
  });
  const ran = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long in seconds processing an item from workqueue takes',
    labelNames,
    buckets,
    registers,
  });
  return {
    track(controller: string, queue: WorkQueue): void {
      queues.set(controller, queue);
      adds.inc(labels(controller), 0);
      retries.inc(labels(controller), 0);
    },
    queueObserver: (controller: string): QueueObserver => ({
      added: () => adds.inc(labels(controller)),
      retried: () => retries.inc(labels(controller)),
      started: (seconds) => waited.observe(labels(controller), seconds),
      finished: (seconds) => ran.observe(labels(controller), seconds),
    }),
  };
}
