import type { Registry } from 'prom-client';
import type { Clock } from '../../../lib/clock.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { Logger } from '../../../runtime/logging.ts';
import type { EventInput } from '../../../runtime/outcome.ts';
import type { AlertObject } from '../alert/sources.ts';
import { logFields } from '../event.ts';
import { createDispatchMetrics } from './dispatch-metrics.ts';
import type { Trouble } from './lane.ts';
import { Lanes } from './lanes.ts';
import { type Notification, type ProviderObject, type Sender, SendFailure } from './send.ts';

export interface NotificationLanesDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly registry: Registry;
  readonly sender: Pick<Sender, 'send'>;
  providerOf(key: Notification['provider']): ProviderObject | undefined;
  /** Tells the cluster about an Alert. */
  tell(alert: AlertObject, event: EventInput): void;
}

/**
 * The lanes of notifications, one for each Provider, counted. What fails is told on the Alert when it fails for the first
 * time, as in Flux, and when it is given up.
 */
export function notificationLanes(deps: NotificationLanesDeps): Lanes<Notification> {
  const { clock, log, registry, sender, providerOf, tell } = deps;
  const lanes = new Lanes<Notification>({
    clock,
    async send(notification, signal) {
      const isSent = await sender.send(notification, signal);
      metrics.ended(typeOf(notification), isSent ? 'delivered' : 'dropped');
    },
    troubleOf,
    failed(notification, { message, permanent }, attempt, final) {
      metrics.ended(typeOf(notification), final ? 'failed' : 'retried');
      const { alert, event } = notification;
      const { name, namespace } = alert.metadata;
      const fields = { alert: `${namespace}/${name}`, provider: notification.provider.name, attempt, retries: !final };
      log.error({ ...logFields(event), error: message, ...fields }, 'Failed to send notification');
      if (attempt === 1 || (final && !permanent)) warn(notification, message);
    },
    crowdedOut(notification) {
      metrics.ended(typeOf(notification), 'dropped');
      const { kind, namespace, name } = notification.event.involvedObject;
      const about = `failed to send notification for ${kind}/${namespace}/${name}`;
      warn(notification, `${about}: too many are waiting for provider '${notification.provider.name}'`);
    },
  });
  const metrics = createDispatchMetrics(registry, () => lanes.count);
  const typeOf = ({ provider }: Notification): string => providerOf(provider)?.spec.type ?? 'unknown';
  const warn = ({ alert }: Notification, message: string): void =>
    tell(alert, { severity: 'error', reason: 'NotificationDispatchFailed', message });
  return lanes;
}

function troubleOf(error: unknown): Trouble {
  if (error instanceof SendFailure) return error;
  // A fault of ours: it is logged, and would happen again.
  return { message: errorMessage(error), permanent: true, retryAfterMs: undefined, unanswered: false };
}
