import { isRecord } from '../../../lib/json.ts';
import { webhookUrl } from './address.ts';
import { bearer } from './authorization.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { objectName } from './format.ts';
import { excerpt } from './http.ts';
import { NotifyError } from './notifier.ts';
import { jsonPoster } from './post-json.ts';
import { slackColor, slackPayload } from './slack-payload.ts';
import { beginThread } from './thread.ts';

const apiUrl = 'https://slack.com/api/chat.postMessage';

/**
 * Slack, by an incoming webhook or, with a token, by chat.postMessage (internal/notifier/slack.go). The API answers 200
 * also when it refuses.
 *
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 * https://docs.slack.dev/reference/methods/chat.postMessage
 */
export const createSlack: NotifierFactory = (settings, { thread }, deps) => {
  const url = webhookUrl(settings, 'invalid Slack hook URL');
  const { channel, username, token } = settings;
  const post = jsonPoster(settings, deps, url === apiUrl);
  return {
    async post(event, signal) {
      const payload = slackPayload(event, {
        channel,
        username: username || event.reportingController,
        color: slackColor(event),
        fallback: `${objectName(event)}: ${event.message.split('\n', 1)[0]}`,
      });
      const isApi = url === apiUrl;
      const reply = isApi && thread?.root !== undefined ? { thread_ts: thread.root } : {};
      const { body } = await post(url, { ...payload, ...reply }, signal, bearer(token));
      if (!isApi) return;
      checkAnswer(body);
      beginThread(thread, body, ['ts']);
    },
  };
};

function checkAnswer(body: string): void {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    throw refusal('unable to unmarshal response body: it is not JSON');
  }
  if (isRecord(answer) && answer['ok'] === true) return;
  const error = isRecord(answer) && typeof answer['error'] === 'string' ? answer['error'] : '';
  throw refusal(`Slack responded with error: ${excerpt(error, [])}`);
}

function refusal(problem: string): NotifyError {
  return new NotifyError(`postMessage failed: request failed: ${problem}`, { permanent: true });
}
