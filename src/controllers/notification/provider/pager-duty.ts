import type { NotificationEvent } from '../event.ts';
import { webhookUrl } from './address.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { nameAndDescription } from './format.ts';
import { jsonPoster, within } from './post-json.ts';

/**
 * PagerDuty: an error triggers an incident for the object, anything else resolves it; info is told as a change too. The
 * channel is the routing key (internal/notifier/pagerduty.go).
 *
 * https://developer.pagerduty.com/docs/send-alert-event
 * https://developer.pagerduty.com/docs/send-change-event
 */
export const createPagerDuty: NotifierFactory = (settings, _delivery, deps) => {
  const { origin } = new URL(webhookUrl(settings, 'invalid PagerDuty endpoint URL'));
  const post = jsonPoster(settings, deps);
  return {
    async post(event, signal) {
      if (event.reason === 'Progressing') return;
      const alert = alertEvent(event, settings.channel);
      await within('failed sending event', post(`${origin}/v2/enqueue`, alert, signal));
      if (event.severity !== 'info') return;
      const change = changeEvent(event, settings.channel);
      await within('failed sending change event', post(`${origin}/v2/change/enqueue`, change, signal));
    },
  };
};

function alertEvent(event: NotificationEvent, routingKey: string): unknown {
  const { uid } = event.involvedObject;
  const common = { routing_key: routingKey, ...(uid === '' ? {} : { dedup_key: uid }) };
  if (event.severity !== 'error') return { ...common, event_action: 'resolve' };
  return {
    ...common,
    event_action: 'trigger',
    payload: {
      ...payloadOf(event),
      severity: 'error',
      component: event.involvedObject.name,
      group: event.involvedObject.kind,
    },
  };
}

function changeEvent(event: NotificationEvent, routingKey: string): unknown {
  return { routing_key: routingKey, payload: payloadOf(event) };
}

function payloadOf(event: NotificationEvent): Readonly<Record<string, unknown>> {
  const { name, description } = nameAndDescription(event);
  const { message, metadata, timestamp } = event;
  return {
    summary: `${description}: ${name}`,
    source: `Flux ${event.reportingController}`,
    timestamp,
    custom_details: { message, metadata: Object.keys(metadata).length === 0 ? null : metadata },
  };
}
