import { webhookUrl } from './address.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { jsonPoster } from './post-json.ts';
import { slackColor, slackPayload } from './slack-payload.ts';

/**
 * Discord, by the form of its webhooks that takes messages for Slack (internal/notifier/discord.go).
 *
 * https://discord.com/developers/docs/resources/webhook#execute-slackcompatible-webhook
 */
export const createDiscord: NotifierFactory = (settings, _delivery, deps) => {
  const url = slackCompatible(webhookUrl(settings, 'invalid Discord hook URL'));
  const post = jsonPoster(settings, deps);
  return {
    async post(event, signal) {
      const username = settings.username || event.reportingController;
      await post(url, slackPayload(event, { channel: '', username, color: slackColor(event), fallback: '' }), signal);
    },
  };
};

function slackCompatible(address: string): string {
  if (address.endsWith('/slack')) return address;
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/slack`;
  return url.href;
}
