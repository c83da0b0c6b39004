import type { NotificationEvent } from '../event.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { sortedMetadata } from './format.ts';
import { NotifyError } from './notifier.ts';
import { jsonPoster } from './post-json.ts';

/**
 * Telegram, as a bot: the channel is the id of a chat, and of a topic of a forum after a colon
 * (internal/notifier/telegram.go).
 *
 * https://core.telegram.org/bots/api#sendmessage
 */
export const createTelegram: NotifierFactory = (settings, _delivery, deps) => {
  const { channel, token } = settings;
  if (channel === '') throw new NotifyError('empty Telegram channel', { permanent: true });
  if (token === '') throw new NotifyError('empty Telegram token', { permanent: true });
  if (/[^\w:-]/.test(token)) throw new NotifyError('malformed Telegram token', { permanent: true });
  const [chat = '', ...topic] = channel.split(':');
  const post = jsonPoster(settings, deps);
  return {
    async post(event, signal) {
      const payload = {
        chat_id: chat,
        ...(topic.length === 0 ? {} : { message_thread_id: topic.join(':') }),
        text: message(event),
        parse_mode: 'MarkdownV2',
      };
      await post(`https://api.telegram.org/bot${token}/sendMessage`, payload, signal);
    },
  };
};

function message(event: NotificationEvent): string {
  const { kind, name, namespace } = event.involvedObject;
  const emoji = event.severity === 'error' ? '🚨' : '💫';
  const heading = `${emoji} ${kind.toLowerCase()}/${name}/${namespace}`;
  const lines = sortedMetadata(event).map(([key, value]) => `\\- *${escaped(key)}*: ${escaped(value)}\n`);
  return `*${escaped(heading)}*\n${escaped(event.message)}\n${lines.join('')}`;
}

/** All that MarkdownV2 takes for markup. */
function escaped(text: string): string {
  return text.replaceAll(/[\\._[\]()~>`#+=|{}!*-]/g, '\\$&');
}
