import type { NotificationEvent } from '../event.ts';
import { webhookUrl } from './address.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { objectName } from './format.ts';
import { NotifyError } from './notifier.ts';
import { jsonPoster } from './post-json.ts';

/**
 * incident.io: an error fires an alert for the object, anything else resolves it (internal/notifier/incidentio.go).
 *
 * https://docs.incident.io/api-reference/alert-events-v2/createhttp
 */
export const createIncidentIo: NotifierFactory = (settings, _delivery, deps) => {
  const url = webhookUrl(settings, 'invalid incident.io alert source URL');
  if (settings.token === '') throw new NotifyError('empty incident.io API token', { permanent: true });
  const headers = { authorization: `Bearer ${settings.token}` };
  const post = jsonPoster(settings, deps);
  return {
    async post(event, signal) {
      if (event.reason === 'Progressing') return;
      await post(url, alert(event), signal, headers);
    },
  };
};

function alert(event: NotificationEvent): unknown {
  const { involvedObject, severity, reason, message, reportingController } = event;
  return {
    title: `${objectName(event)}: ${reason}`,
    status: severity === 'error' ? 'firing' : 'resolved',
    deduplication_key: involvedObject.uid,
    ...(message === '' ? {} : { description: message }),
    metadata: {
      ...event.metadata,
      severity,
      reason,
      ...(reportingController === '' ? {} : { reportingController }),
    },
  };
}
