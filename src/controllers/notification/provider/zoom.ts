import type { NotificationEvent } from '../event.ts';
import { webhookUrl } from './address.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { objectName, sortedMetadata } from './format.ts';
import { NotifyError } from './notifier.ts';
import { jsonPoster } from './post-json.ts';

/**
 * Zoom Team Chat, by the Incoming Webhook app; the token is its verification token (internal/notifier/zoom.go).
 *
 * https://support.zoom.com/hc/en/article?id=zm_kb&sysparm_article=KB0067640
 */
export const createZoom: NotifierFactory = (settings, _delivery, deps) => {
  const url = withFormat(webhookUrl(settings, 'invalid Zoom incoming webhook URL'));
  if (settings.token === '') throw new NotifyError('empty Zoom verification token', { permanent: true });
  const headers = { authorization: settings.token };
  const post = jsonPoster(settings, deps);
  return {
    async post(event, signal) {
      await post(url, message(event), signal, headers);
    },
  };
};

/** The rich form, unless the address names one. */
function withFormat(address: string): string {
  const url = new URL(address);
  if ((url.searchParams.get('format') ?? '') !== '') return address;
  url.searchParams.set('format', 'full');
  url.searchParams.sort();
  return url.href;
}

function message(event: NotificationEvent): unknown {
  const items = sortedMetadata(event).map(([key, value]) => ({ key, value }));
  return {
    content: {
      head: { text: objectName(event), sub_head: { text: event.severity } },
      body: [
        { type: 'message', ...(event.message === '' ? {} : { text: event.message }) },
        ...(items.length === 0 ? [] : [{ type: 'fields', items }]),
      ],
    },
  };
}
