import { withDeadline } from '../lib/async.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from './logging.ts';
import { Outbox, Refusal } from './outbox.ts';
import { type RecordedEvent, webhookBody } from './recorded-event.ts';

export interface EventWebhookOptions {
  readonly url: string;
  readonly controllerName: string;
  readonly instance: string;
  readonly log: Logger;
  readonly clock: Clock;
  dropped(): void;
}

const postTimeoutMs = 5000;
const minDelayMs = 1000;
const maxDelayMs = 30_000;

/**
 * Posts events to the notification-controller's endpoint. Connection errors and answers of the 500 range are tried
 * again four times, after 1 s doubled each time (hashicorp/go-retryablehttp's defaults, as Flux uses them); 429
 * says that the receiver has had this event already.
 */
export class EventWebhook {
  readonly #options: EventWebhookOptions;
  readonly #outbox: Outbox<RecordedEvent>;

  constructor(options: EventWebhookOptions) {
    this.#options = options;
    this.#outbox = new Outbox({
      capacity: 1000,
      workers: 4,
      maxTries: 5,
      delayMs: (tries) => Math.min(minDelayMs * 2 ** (tries - 1), maxDelayMs),
      deliver: (event, signal) => this.#deliver(event, signal),
      dropped: (event, error) => {
        options.dropped();
        const { name, namespace, kind } = event.involvedObject;
        options.log.error({ error, name, namespace, 'reconciler kind': kind }, 'unable to record event');
      },
      clock: options.clock,
    });
  }

  record(event: RecordedEvent): void {
    this.#outbox.put(event);
  }

  settle(signal: AbortSignal): Promise<void> {
    return this.#outbox.settle(signal);
  }

  flush(signal: AbortSignal): Promise<void> {
    return this.#outbox.flush(signal);
  }

  async #deliver(event: RecordedEvent, signal: AbortSignal): Promise<'delivered' | Refusal> {
    const { url, controllerName, instance } = this.#options;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(webhookBody(event, controllerName, instance)),
      redirect: 'error',
      signal: withDeadline(signal, postTimeoutMs),
    });
    await response.body?.cancel();
    if (response.ok || response.status === 429) return 'delivered';
    const failure = `event endpoint answered ${response.status}`;
    if (response.status >= 500 && response.status !== 501) throw new Error(failure);
    return new Refusal(failure);
  }
}
