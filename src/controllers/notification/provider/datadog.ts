import type { NotificationEvent } from '../event.ts';
import { webhookUrl } from './address.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { sortedMetadata, unixSeconds } from './format.ts';
import { JsonApi } from './json-api.ts';
import { NotifyError } from './notifier.ts';
import { routeOf } from './secrets-of.ts';

const otherwise = 'failed to post event to DataDog';

/**
 * Datadog: an event; the address is that of the API, the token an API key (internal/notifier/datadog.go).
 *
 * https://docs.datadoghq.com/api/latest/events/#post-an-event
 */
export const createDatadog: NotifierFactory = (settings, _delivery, { http }) => {
  if (settings.token === '') throw new NotifyError('token cannot be empty', { permanent: true });
  const { origin } = new URL(webhookUrl(settings, 'failed to parse address'));
  const headers = { accept: 'application/json', 'dd-api-key': settings.token };
  const api = new JsonApi({ http, route: routeOf(settings), base: origin, headers });
  return {
    async post(event, signal) {
      const { kind, name, namespace } = event.involvedObject;
      const payload = {
        title: `Events from the ${kind} ${name}/${namespace}`,
        text: event.message,
        tags: tags(event),
        source_type_name: 'fluxcd',
        date_happened: unixSeconds(event),
        alert_type: event.severity === 'error' ? 'error' : 'info',
      };
      await api.call({ method: 'POST', path: '/api/v1/events', body: payload, otherwise }, signal);
    },
  };
};

/** Datadog shows tags in lower case. */
function tags(event: NotificationEvent): readonly string[] {
  const { kind, name, namespace } = event.involvedObject;
  return [
    `flux_reporting_controller:${event.reportingController}`,
    `flux_reason:${event.reason}`,
    `kube_kind:${kind}`,
    `kube_name:${name}`,
    `kube_namespace:${namespace}`,
    ...sortedMetadata(event).map(([key, value]) => `${key}:${value}`),
  ].map((tag) => tag.toLowerCase());
}
