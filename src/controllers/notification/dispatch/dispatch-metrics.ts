import { Counter, Gauge, type Registry } from 'prom-client';

/** What became of a notification: `dropped` had to make room, or its Provider is suspended; `retried` is tried again. */
export type NotificationResult = 'delivered' | 'retried' | 'failed' | 'dropped';

/** Counts what is sent. */
export interface DispatchMetrics {
  ended(providerType: string, result: NotificationResult): void;
}

/**
 * Registers `sluice_notifications_total` and `sluice_notifications_waiting`. Flux has none of the kind.
 *
 * @param waiting How many wait or are being sent.
 */
export function createDispatchMetrics(registry: Registry, waiting: () => number): DispatchMetrics {
  const total = new Counter({
    name: 'sluice_notifications_total',
    help: 'What became of the notifications that events and Alerts led to, by type of Provider.',
    labelNames: ['type', 'result'],
    registers: [registry],
  });
  new Gauge({
    name: 'sluice_notifications_waiting',
    help: 'Notifications that wait to be sent, or to be sent again.',
    registers: [registry],
    collect() {
      this.set(waiting());
    },
  });
  return { ended: (type, result) => total.inc({ type, result }) };
}
