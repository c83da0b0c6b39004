import type { NotificationEvent } from '../event.ts';
import { objectName, sortedMetadata } from './format.ts';

export interface SlackMessage {
  readonly channel: string;
  readonly username: string;
  readonly color: string;
  /** The attachment in one line, for clients that show no attachments. */
  readonly fallback: string;
}

/** The message with an attachment that Slack, Discord and Rocket.Chat take (internal/notifier/slack.go, SlackPayload). */
export function slackPayload(
  event: NotificationEvent,
  { channel, username, color, fallback }: SlackMessage,
): Readonly<Record<string, unknown>> {
  return {
    channel,
    username,
    icon_url: '',
    icon_emoji: '',
    attachments: [
      {
        fallback,
        color,
        author_name: objectName(event),
        text: event.message,
        mrkdwn_in: ['text'],
        fields: sortedMetadata(event).map(([title, value]) => ({ title, value, short: false })),
      },
    ],
  };
}

/** The colour of an event for those that know Slack's names. */
export function slackColor({ severity }: NotificationEvent): string {
  return severity === 'error' ? 'danger' : 'good';
}
