import { hostname } from 'node:os';
import type { Client } from '../kube/client.ts';
import type { KubeObject } from '../kube/object.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { KubernetesEvents } from './event-kubernetes.ts';
import { EventWebhook } from './event-webhook.ts';
import type { Logger } from './logging.ts';
import type { RuntimeMetrics } from './metrics.ts';
import type { EventInput } from './outcome.ts';
import { recordedEvent } from './recorded-event.ts';

/** Takes events about objects. Never waits, never throws. */
export interface EventSink {
  event(object: KubeObject, event: EventInput): void;
}

export interface EventRecorderOptions {
  readonly client: Client;
  /** As events name their source, for example `kustomize-controller`. */
  readonly controllerName: string;
  /** `--events-addr`; empty or absent: Kubernetes Events only. */
  readonly eventsAddr?: string;
  readonly metrics: Pick<RuntimeMetrics, 'eventDropped'>;
  readonly log: Logger;
  readonly clock?: Clock;
  /** The pod's name; default the host name. */
  readonly instance?: string;
}

/**
 * Tells the cluster and the event endpoint what happens to objects (fluxcd/pkg runtime/events/recorder.go). Both go
 * through bounded queues with retries of their own: an event never delays or fails a reconcile; one that cannot be
 * delivered is counted as dropped.
 */
export class EventRecorder implements EventSink {
  readonly #options: EventRecorderOptions;
  readonly #clock: Clock;
  readonly #kubernetes: KubernetesEvents;
  readonly #webhook: EventWebhook | undefined;

  constructor(options: EventRecorderOptions) {
    const { client, controllerName, eventsAddr = '', metrics, log, instance = hostname() } = options;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const shared = { controllerName, log, clock: this.#clock };
    this.#kubernetes = new KubernetesEvents({ ...shared, client, dropped: () => metrics.eventDropped('kubernetes') });
    if (eventsAddr === '') return;
    const dropped = () => metrics.eventDropped('webhook');
    this.#webhook = new EventWebhook({ ...shared, url: eventsAddr, instance, dropped });
  }

  event(object: KubeObject, event: EventInput): void {
    const recorded = recordedEvent(object, event, this.#clock.now());
    const { involvedObject: about, severity, reason, message, metadata: annotations } = recorded;
    this.#options.log.trace(
      { name: about.name, namespace: about.namespace, 'reconciler kind': about.kind, severity, reason, annotations },
      message,
    );
    if (event.audience === undefined) this.#kubernetes.record(recorded);
    if (severity !== 'trace') this.#webhook?.record(recorded);
  }

  /** Resolves when the event endpoint has all that it was to be told so far, or `signal` is aborted. */
  async settle(signal: AbortSignal): Promise<void> {
    await this.#webhook?.settle(signal);
  }

  /** Resolves when all events are delivered or given up, or `signal` is aborted; then takes no more. */
  async flush(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#kubernetes.flush(signal), this.#webhook?.flush(signal)]);
  }
}
