import type { NotificationEvent } from '../event.ts';
import { webhookUrl } from './address.ts';
import { basic, bearer } from './authorization.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { titleCase } from './format.ts';
import { jsonPoster } from './post-json.ts';

/**
 * Prometheus Alertmanager: one alert per object and reason, which ends when Alertmanager says so
 * (internal/notifier/alertmanager.go).
 *
 * https://prometheus.io/docs/alerting/latest/clients/
 */
export const createAlertmanager: NotifierFactory = (settings, _delivery, deps) => {
  const url = webhookUrl(settings, 'invalid Alertmanager URL');
  const { username, password, token } = settings;
  const headers = username !== '' && password !== '' ? basic(username, password) : bearer(token);
  const post = jsonPoster(settings, deps);
  return {
    async post(event, signal) {
      await post(url, [alert(event)], signal, headers);
    },
  };
};

function alert(event: NotificationEvent): unknown {
  const { involvedObject, severity, reason, timestamp, reportingController } = event;
  const { summary, ...metadata } = event.metadata;
  const { kind, name, namespace } = involvedObject;
  return {
    status: 'firing',
    labels: {
      ...metadata,
      alertname: `Flux${kind}${titleCase(reason)}`,
      severity,
      reason,
      kind,
      name,
      namespace,
      reportingcontroller: reportingController,
    },
    annotations: { message: event.message, ...(summary === undefined ? {} : { summary }) },
    startsAt: timestamp,
    // What Go has for no time; Alertmanager then ends the alert after its resolve_timeout.
    endsAt: '0001-01-01T00:00:00Z',
  };
}
