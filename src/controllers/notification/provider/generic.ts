import { createHmac } from 'node:crypto';
import { eventBody } from '../event.ts';
import { webhookUrl } from './address.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { NotifyError } from './notifier.ts';
import { routeOf } from './secrets-of.ts';

/**
 * Passes the event on as it is, for the type `generic-hmac` with a signature (internal/notifier/forwarder.go). The
 * Secret's headers go along.
 */
export const createGeneric: NotifierFactory = (settings, _delivery, { http }) => {
  const url = webhookUrl(settings, 'invalid hook URL');
  const isSigned = settings.type === 'generic-hmac';
  if (isSigned && settings.token === '') throw new NotifyError('HMAC key is empty', { permanent: true });
  const route = routeOf(settings);
  return {
    async post(event, signal) {
      const body = JSON.stringify(eventBody(event));
      const headers = {
        'content-type': 'application/json',
        'gotk-component': event.reportingController,
        ...lowerCased(settings.headers),
        ...(isSigned
          ? { 'x-signature': `sha256=${createHmac('sha256', settings.token).update(body).digest('hex')}` }
          : {}),
      };
      await http.succeed({ method: 'POST', url, headers, body }, route, signal);
    },
  };
};

function lowerCased(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
