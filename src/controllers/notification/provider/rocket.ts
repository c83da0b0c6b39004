import { webhookUrl } from './address.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { jsonPoster } from './post-json.ts';
import { slackPayload } from './slack-payload.ts';

/**
 * Rocket.Chat, by an incoming webhook (internal/notifier/rocket.go).
 *
 * https://docs.rocket.chat/docs/integrations#incoming-webhook
 */
export const createRocket: NotifierFactory = (settings, _delivery, deps) => {
  const url = webhookUrl(settings, 'invalid Rocket hook URL');
  const { channel, username } = settings;
  const post = jsonPoster(settings, deps);
  return {
    async post(event, signal) {
      const color = event.severity === 'error' ? '#FF0000' : '#0076D7';
      await post(url, slackPayload(event, { channel, username, color, fallback: '' }), signal);
    },
  };
};
