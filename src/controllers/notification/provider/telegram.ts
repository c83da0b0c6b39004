import type { NotificationEvent } from '../event.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { sortedMetadata } from './format.ts';
import { NotifyError } from './notifier.ts';
import { jsonPoster } from './post-json.ts';
import { beginsThread, beginThread, type Thread } from './thread.ts';

/**
 * Telegram, as a bot: the channel is the id of a chat, and of a topic of a forum after a colon
 * (internal/notifier/telegram.go).
 *
 * https://core.telegram.org/bots/api#sendmessage
 */
export const createTelegram: NotifierFactory = (settings, { thread }, deps) => {
  const { channel, token } = settings;
  if (channel === '') throw new NotifyError('empty Telegram channel', { permanent: true });
  if (token === '') throw new NotifyError('empty Telegram token', { permanent: true });
  if (/[^\w:-]/.test(token)) throw new NotifyError('malformed Telegram token', { permanent: true });
  const [chat = '', ...topic] = channel.split(':');
  const post = jsonPoster(settings, deps, beginsThread(thread));
  return {
    async post(event, signal) {
      const payload = {
        chat_id: chat,
        ...(topic.length === 0 ? {} : { message_thread_id: topic.join(':') }),
        text: message(event),
        parse_mode: 'MarkdownV2',
        ...answerTo(thread),
      };
      const { body } = await post(`https://api.telegram.org/bot${token}/sendMessage`, payload, signal);
      beginThread(thread, body, ['result', 'message_id']);
    },
  };
};

/** Ids of messages are numbers. One that was deleted meanwhile must not keep the answer from being sent. */
function answerTo(thread: Thread | undefined): Readonly<Record<string, unknown>> {
  if (thread?.root === undefined) return {};
  return { reply_parameters: { message_id: Number(thread.root), allow_sending_without_reply: true } };
}

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
