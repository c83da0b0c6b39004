import { webhookUrl } from './address.ts';
import { basic } from './authorization.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { markdown } from './format.ts';
import { NotifyError } from './notifier.ts';
import { routeOf } from './secrets-of.ts';

/**
 * Zulip, as a bot: the channel is `channel/topic`, the password the bot's API key (internal/notifier/zulip.go).
 *
 * https://zulip.com/api/send-message
 */
export const createZulip: NotifierFactory = (settings, _delivery, { http }) => {
  const url = new URL(webhookUrl(settings, 'invalid Zulip endpoint URL'));
  url.pathname = '/api/v1/messages';
  const [channel = '', ...rest] = settings.channel.split('/');
  const topic = rest.join('/');
  if (channel === '' || topic === '') {
    const problem = `invalid Zulip channel format, expected <channel>/<topic>, got '${settings.channel}'`;
    throw new NotifyError(problem, { permanent: true });
  }
  const { username, password } = settings;
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    ...(username === '' && password === '' ? {} : basic(username, password)),
  };
  const route = routeOf(settings);
  return {
    async post(event, signal) {
      const form = new URLSearchParams({ content: markdown(event), to: channel, topic, type: 'stream' });
      const call = { method: 'POST', url: url.href, headers, body: form.toString() } as const;
      await http.succeed(call, route, signal);
    },
  };
};
