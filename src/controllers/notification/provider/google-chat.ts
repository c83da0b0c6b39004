import type { NotificationEvent } from '../event.ts';
import { webhookUrl } from './address.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { objectName, sortedMetadata } from './format.ts';
import { jsonPoster } from './post-json.ts';

/**
 * Google Chat, by an incoming webhook (internal/notifier/google_chat.go).
 *
 * https://developers.google.com/workspace/chat/quickstart/webhooks
 */
export const createGoogleChat: NotifierFactory = (settings, _delivery, deps) => {
  const url = webhookUrl(settings, 'invalid Google Chat hook URL');
  const post = jsonPoster(settings, deps);
  return {
    async post(event, signal) {
      await post(url, card(event), signal);
    },
  };
};

function card(event: NotificationEvent): unknown {
  const text = event.severity === 'error' ? `<font color="#ff0000">${event.message}</font>` : event.message;
  const values = sortedMetadata(event).map(([topLabel, content]) => ({
    textParagraph: null,
    keyValue: { topLabel, content, contentMultiline: false, bottomLabel: null, icon: null },
  }));
  return {
    cards: [
      {
        header: { title: objectName(event), subtitle: event.reportingController, imageUrl: null, imageStyle: null },
        sections: [
          { header: '', widgets: [{ textParagraph: { text }, keyValue: null }] },
          ...(values.length === 0 ? [] : [{ header: '', widgets: values }]),
        ],
      },
    ],
  };
}
