import type { NotificationEvent } from '../event.ts';

/** Sends events to one place, as one Provider object says. Cheap to make: connections are shared below it. */
export interface Notifier {
  /**
   * Delivers one event, trying again for as long as `signal` lets it. Throws {@link NotifyError} when that fails, and the
   * signal's reason when the signal ends it.
   */
  post(event: NotificationEvent, signal: AbortSignal): Promise<void>;
}

/** Why an event was not delivered. The message is fit for logs and events: it holds no secrets. */
export class NotifyError extends Error {
  override readonly name = 'NotifyError';
  /** Whether the same request would fail again. */
  readonly permanent: boolean;
  /** How long the service asked not to be called, if it did. */
  readonly retryAfterMs: number | undefined;
  /** Whether the event may have arrived all the same: no answer came in time. */
  readonly unanswered: boolean;

  constructor(
    message: string,
    options: {
      readonly permanent: boolean;
      readonly retryAfterMs?: number | undefined;
      readonly unanswered?: boolean;
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.permanent = options.permanent;
    this.retryAfterMs = options.retryAfterMs;
    this.unanswered = options.unanswered ?? false;
  }
}
