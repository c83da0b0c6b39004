import { jsonPayload } from '../json-payload.ts';
import type { ReceiverType } from '../webhook-call.ts';

/** Quay, which proves nothing: only the path is secret. */
export const quay: ReceiverType = {
  documentation: 'https://docs.quay.io/guides/notifications.html',
  verify({ body }) {
    const { docker_url: url } = jsonPayload(body, { docker_url: 'string', updated_tags: 'strings' }, 'Quay');
    return { about: `Quay event from ${url}` };
  },
};
