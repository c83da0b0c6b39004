import { webhookUrl } from './address.ts';
import { basic, bearer } from './authorization.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { objectName, sortedMetadata, unixSeconds } from './format.ts';
import { jsonPoster } from './post-json.ts';

/**
 * Grafana: an annotation in Graphite's format (internal/notifier/grafana.go).
 *
 * https://grafana.com/docs/grafana/latest/developers/http_api/annotations/#create-annotation-in-graphite-format
 */
export const createGrafana: NotifierFactory = (settings, _delivery, deps) => {
  const url = webhookUrl(settings, 'invalid Grafana URL');
  const { username, password, token } = settings;
  const headers = token === '' && username !== '' && password !== '' ? basic(username, password) : bearer(token);
  const post = jsonPoster(settings, deps);
  return {
    async post(event, signal) {
      const { kind, name, namespace } = event.involvedObject;
      const metadata = sortedMetadata(event).map(([key, value]) => `${plain(key)}: ${plain(value)}`);
      const tags = ['flux', event.reportingController, ...metadata];
      const payload = {
        when: unixSeconds(event),
        text: objectName(event),
        tags: [...tags, `kind: ${kind}`, `name: ${name}`, `namespace: ${namespace}`],
      };
      await post(url, payload, signal, headers);
    },
  };
};

/** A colon separates the key of a tag from its value. */
function plain(text: string): string {
  return text.replaceAll(':', '|');
}
