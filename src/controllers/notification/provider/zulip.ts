import { type NotificationEvent, revisionOf } from '../event.ts';
import { webhookUrl } from './address.ts';
import { basic } from './authorization.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { markdown, objectName } from './format.ts';
import { NotifyError } from './notifier.ts';
import { routeOf } from './secrets-of.ts';

/**
 * Zulip, as a bot: the channel is `channel/topic`, the password the bot's API key (internal/notifier/zulip.go).
 *
 * https://zulip.com/api/send-message
 */
export const createZulip: NotifierFactory = (settings, { thread }, { http }) => {
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
      const own = thread === undefined ? topic : topicOf(event);
      const form = new URLSearchParams({ content: markdown(event), to: channel, topic: own, type: 'stream' });
      const call = { method: 'POST', url: url.href, headers, body: form.toString() } as const;
      await http.succeed(call, route, signal);
    },
  };
};

/** Topics have 60 characters (https://zulip.com/api/send-message): twelve digits of the revision tell commits apart. */
const maxTopicLength = 60;

function topicOf(event: NotificationEvent): string {
  const [digits = ''] = (revisionOf(event) ?? '').split(':').slice(-1);
  const revision = digits.slice(0, 12);
  const name = objectName(event).slice(0, maxTopicLength - 1 - revision.length);
  return `${name} ${revision}`.trim();
}
