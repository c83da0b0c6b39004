import { randomUUID } from 'node:crypto';
import type { Client } from '../kube/client.ts';
import { ApiError, isNotFound } from '../kube/errors.ts';
import type { KubeObject, ResourceType } from '../kube/object.ts';
import { withDeadline } from '../lib/async.ts';
import type { Clock } from '../lib/clock.ts';
import { timestamp } from './conditions.ts';
import { type Correlation, EventCorrelator } from './event-correlator.ts';
import type { Logger } from './logging.ts';
import { Outbox, Refusal } from './outbox.ts';
import type { RecordedEvent } from './recorded-event.ts';

/** core/v1, not events.k8s.io/v1: what Flux's recorder (client-go tools/record) writes, and `flux events` reads. */
export const eventType: ResourceType = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };

export interface KubernetesEventsOptions {
  readonly client: Client;
  readonly controllerName: string;
  readonly log: Logger;
  readonly clock: Clock;
  dropped(): void;
}

const writeTimeoutMs = 10_000;
const maxNameLength = 253;

/** Writes events as Kubernetes Events, in order, repeats as a count. */
export class KubernetesEvents {
  readonly #options: KubernetesEventsOptions;
  readonly #correlator = new EventCorrelator();
  readonly #outbox: Outbox<RecordedEvent>;
  #lastNanos = 0n;

  constructor(options: KubernetesEventsOptions) {
    this.#options = options;
    this.#outbox = new Outbox({
      capacity: 1000,
      workers: 1,
      maxTries: 12,
      delayMs: (tries) => (tries === 1 ? Math.random() * 10_000 : 10_000),
      deliver: (event, signal) => this.#deliver(event, signal),
      dropped: (event, error) => {
        options.dropped();
        options.log.error({ error, name: event.involvedObject.name, reason: event.reason }, 'Unable to write event');
      },
      clock: options.clock,
    });
  }

  record(event: RecordedEvent): void {
    this.#outbox.put(event);
  }

  flush(signal: AbortSignal): Promise<void> {
    return this.#outbox.flush(signal);
  }

  async #deliver(event: RecordedEvent, signal: AbortSignal): Promise<'delivered' | Refusal> {
    const correlation = this.#correlator.correlate(event);
    if (correlation.action === 'skip') return 'delivered';
    const within = withDeadline(signal, writeTimeoutMs);
    try {
      if (correlation.action === 'count' && (await this.#count(correlation, event, within))) return 'delivered';
      await this.#create(correlation, event, within);
      return 'delivered';
    } catch (error) {
      if (!(error instanceof ApiError) || isOverload(error)) throw error;
      // The object goes with its namespace, and nobody will look for its events.
      if (error.isNamespaceTerminating || error.isNotFound) return 'delivered';
      return new Refusal(error.message, { cause: error });
    }
  }

  /** Whether the Event was still there to be counted up. */
  async #count(
    { key, message, repeat }: Extract<Correlation, { action: 'count' }>,
    { at, metadata }: RecordedEvent,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { client, controllerName } = this.#options;
    const body = { count: repeat.count, lastTimestamp: timestamp(at), message, metadata: { annotations: metadata } };
    try {
      await client.patch(eventType, repeat, { type: 'merge', body }, { signal, fieldManager: controllerName });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#correlator.lost(key);
      return false;
    }
    this.#correlator.wrote(key, repeat, at);
    return true;
  }

  async #create(
    { key, message }: Exclude<Correlation, { action: 'skip' }>,
    event: RecordedEvent,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, controllerName } = this.#options;
    const object = eventObject({ ...event, message }, controllerName, this.#nanos(event.at));
    await client.create(eventType, object, { signal, fieldManager: controllerName });
    const { name, namespace = '' } = object.metadata;
    this.#correlator.wrote(key, { name, namespace, count: 1 }, event.at);
  }

  /** A time in nanoseconds that no event before had: it makes the Event's name unique. */
  #nanos(at: number): bigint {
    const nanos = BigInt(at) * 1_000_000n;
    this.#lastNanos = nanos > this.#lastNanos ? nanos : this.#lastNanos + 1n;
    return this.#lastNanos;
  }
}

/** The Event as client-go's recorder makes it. */
export function eventObject(event: RecordedEvent, controllerName: string, nanos: bigint): KubeObject {
  const { involvedObject, severity, reason, message, metadata, at } = event;
  const name = `${involvedObject.name}.${nanos.toString(16)}`;
  const time = timestamp(at);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: name.length <= maxNameLength ? name : randomUUID(),
      namespace: involvedObject.namespace ?? 'default',
      ...(Object.keys(metadata).length === 0 ? {} : { annotations: metadata }),
    },
    involvedObject,
    reason,
    message,
    source: { component: controllerName },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    type: severity === 'error' ? 'Warning' : 'Normal',
    reportingComponent: controllerName,
    reportingInstance: '',
  };
}

function isOverload(error: ApiError): boolean {
  return error.isTooManyRequests || error.status >= 500;
}
