import { webhookUrl } from './address.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { objectName, sortedMetadata } from './format.ts';
import { jsonPoster } from './post-json.ts';

/**
 * Lark (Feishu), by a custom bot's webhook (internal/notifier/lark.go).
 *
 * https://open.larksuite.com/document/client-docs/bot-v3/add-custom-bot
 */
export const createLark: NotifierFactory = (settings, _delivery, deps) => {
  const url = webhookUrl(settings, 'invalid Lark hook URL');
  const post = jsonPoster(settings, deps);
  return {
    async post(event, signal) {
      const [emoji, template] = event.severity === 'error' ? ['🚨', 'red'] : ['💫', 'turquoise'];
      const lines = sortedMetadata(event).map(([key, value]) => `${key}: ${value}\n`);
      const payload = {
        msg_type: 'interactive',
        card: {
          config: { wide_screen_mode: true },
          header: { title: { tag: 'plain_text', content: `${emoji} ${objectName(event)}` }, template },
          elements: [{ tag: 'div', text: { tag: 'lark_md', content: `**${event.message}**\n\n${lines.join('')}` } }],
        },
      };
      await post(url, payload, signal);
    },
  };
};
