import { createHash } from 'node:crypto';
import type { NotificationEvent } from '../event.ts';
import { webhookUrl } from './address.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { NotifyError } from './notifier.ts';
import { jsonPoster } from './post-json.ts';

/**
 * Opsgenie: one alert per object and reason of a cluster, by its alias (internal/notifier/opsgenie.go).
 *
 * https://docs.opsgenie.com/docs/alert-api#create-alert
 */
export const createOpsgenie: NotifierFactory = (settings, _delivery, deps) => {
  const url = webhookUrl(settings, 'invalid Opsgenie hook URL');
  if (settings.token === '') throw new NotifyError('empty Opsgenie apikey/token', { permanent: true });
  const headers = { authorization: `GenieKey ${settings.token}` };
  const post = jsonPoster(settings, deps);
  return {
    async post(event, signal) {
      const { kind, name } = event.involvedObject;
      const payload = {
        message: `${kind}/${name}`,
        alias: alias(settings.provider.uid, event),
        description: event.message,
        details: { ...event.metadata, severity: event.severity },
      };
      await post(url, payload, signal, headers);
    },
  };
};

function alias(providerUid: string, { involvedObject: { kind, namespace, name }, reason }: NotificationEvent): string {
  const key = `${providerUid}/${kind}/${namespace}/${name}/${reason}`;
  return createHash('sha256').update(key).digest('hex');
}
