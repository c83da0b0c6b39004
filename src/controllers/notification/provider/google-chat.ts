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
export const createGoogleChat: NotifierFactory = (settings, { thread }, deps) => {
  const url = webhookUrl(settings, 'invalid Google Chat hook URL');
  const post = jsonPoster(settings, deps);
  return {
    async post(event, signal) {
      if (thread === undefined) return void (await post(url, card(event), signal));
      const threaded = new URL(url);
      threaded.searchParams.set('messageReplyOption', 'REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD');
      await post(threaded.href, { ...card(event), thread: { threadKey: thread.key } }, signal);
    },
  };
};

function card(event: NotificationEvent): Readonly<Record<string, unknown>> {
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
