import { createHmac } from 'node:crypto';
import { eventBody } from '../event.ts';
import { webhookUrl } from './address.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { goJson } from './go-json.ts';
import { sentHeaders } from './headers.ts';
import { NotifyError } from './notifier.ts';
import { jsonPoster } from './post-json.ts';

/**
 * Passes the event on as it is, for the type `generic-hmac` with a signature (internal/notifier/forwarder.go). The
 * Secret's headers go along.
 */
export const createGeneric: NotifierFactory = (settings, _delivery, deps) => {
  const url = webhookUrl(settings, 'invalid hook URL');
  const signature = settings.type === 'generic-hmac' ? signer(settings.secretData.get('token')) : undefined;
  const post = jsonPoster(settings, deps);
  return {
    async post(event, signal) {
      const payload = eventBody(event);
      await post(url, payload, signal, {
        'gotk-component': event.reportingController,
        ...sentHeaders(settings.headers),
        ...(signature === undefined ? {} : { 'x-signature': signature(goJson(payload)) }),
      });
    },
  };
};

/** Of the key as it is: white space, and what is no text, belongs to it. */
function signer(key: Buffer | undefined): (body: string) => string {
  if (key === undefined || key.length === 0) throw new NotifyError('HMAC key is empty', { permanent: true });
  return (body) => `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
}
