import { webhookUrl } from './address.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { objectName, sortedMetadata } from './format.ts';
import { jsonPoster } from './post-json.ts';
import { beginsThread, beginThread } from './thread.ts';

/**
 * Webex, as a bot: the channel is the id of a room (internal/notifier/webex.go).
 *
 * https://developer.webex.com/messaging/docs/api/v1/messages/create-a-message
 */
export const createWebex: NotifierFactory = (settings, { thread }, deps) => {
  const url = webhookUrl(settings, 'invalid Webex hook URL');
  const { channel, token } = settings;
  const post = jsonPoster(settings, deps, beginsThread(thread));
  return {
    async post(event, signal) {
      const emoji = event.severity === 'error' ? '💣' : '✅';
      const lines = sortedMetadata(event).map(([key, value]) => `>**${key}**: ${value}\n`);
      const text = `${emoji} **${objectName(event)}**\n${event.message}\n${lines.join('')}`;
      const reply = thread?.root === undefined ? {} : { parentId: thread.root };
      const payload = { ...(channel === '' ? {} : { roomId: channel }), markdown: text, ...reply };
      const { body } = await post(url, payload, signal, { authorization: `Bearer ${token}` });
      beginThread(thread, body, ['id']);
    },
  };
};
