import type { NotificationEvent } from '../event.ts';
import { webhookUrl } from './address.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { objectName, sortedMetadata } from './format.ts';
import { jsonPoster } from './post-json.ts';

/**
 * Microsoft Teams: an Adaptive Card for workflows, a message card for the old connectors (internal/notifier/teams.go).
 *
 * https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 */
export const createMsTeams: NotifierFactory = (settings, _delivery, deps) => {
  const url = webhookUrl(settings, 'invalid MS Teams webhook URL');
  const isConnector = new URL(url).hostname.endsWith('.webhook.office.com');
  const post = jsonPoster(settings, deps);
  return {
    async post(event, signal) {
      await post(url, isConnector ? messageCard(event) : adaptiveCard(event), signal);
    },
  };
};

function messageCard(event: NotificationEvent): unknown {
  const name = objectName(event);
  return {
    '@type': 'MessageCard',
    '@context': 'http://schema.org/extensions',
    themeColor: event.severity === 'error' ? 'FF0000' : '0076D7',
    summary: name,
    sections: [
      {
        activityTitle: event.message,
        activitySubtitle: name,
        facts: sortedMetadata(event).map(([key, value]) => ({ name: key, value })),
      },
    ],
  };
}

/** Version 1.4 is the latest that Teams shows. */
function adaptiveCard(event: NotificationEvent): unknown {
  const items = [
    { type: 'TextBlock', text: objectName(event), size: 'large', weight: 'bolder', wrap: true },
    {
      type: 'TextBlock',
      ...(event.message === '' ? {} : { text: event.message }),
      ...(event.severity === 'error' ? { color: 'attention' } : {}),
      wrap: true,
    },
    { type: 'FactSet', ...facts(event) },
  ];
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [{ type: 'Container', items }],
          msteams: { width: 'Full' },
        },
      },
    ],
  };
}

/** The summary first. */
function facts(event: NotificationEvent): { readonly facts?: readonly unknown[] } {
  const all = sortedMetadata(event);
  const ordered = [...all.filter(([key]) => key === 'summary'), ...all.filter(([key]) => key !== 'summary')];
  return ordered.length === 0 ? {} : { facts: ordered.map(([title, value]) => ({ title, value })) };
}
