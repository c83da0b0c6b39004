import { createHash } from 'node:crypto';
import { eventBody } from '../event.ts';
import { webhookUrl } from './address.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { objectName, sortedMetadata } from './format.ts';
import { goJson } from './go-json.ts';
import { within } from './post-json.ts';
import { routeOf } from './secrets-of.ts';
import { beginsThread, beginThread, type Thread } from './thread.ts';

/**
 * Matrix: the channel is the id of a room. A digest of the event is the transaction, so that one that is sent twice
 * shows once (internal/notifier/matrix.go).
 *
 * https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
 */
export const createMatrix: NotifierFactory = (settings, { thread }, { http }) => {
  const server = webhookUrl(settings, 'invalid Matrix homeserver URL').replace(/\/+$/, '');
  const room = pathSegment(settings.channel);
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${settings.token}` };
  const route = routeOf(settings);
  return {
    async post(event, signal) {
      const transaction = createHash('sha1')
        .update(goJson(eventBody(event)))
        .digest('hex');
      const emoji = event.severity === 'error' ? '🚨' : '💫';
      const lines = sortedMetadata(event).map(([key, value]) => `- ${key}: ${value}\n`);
      const text = `${emoji} ${objectName(event)}\n${event.message}\n${lines.join('')}`;
      const url = `${server}/_matrix/client/r0/rooms/${room}/send/m.room.message/${transaction}`;
      const body = goJson({ body: text, msgtype: 'm.text', ...relation(thread) });
      const whole = beginsThread(thread);
      const sent = http.succeed({ method: 'PUT', url, headers, body, whole }, route, signal);
      beginThread(thread, (await within('postMessage failed', sent)).body, ['event_id']);
    },
  };
};

/** https://spec.matrix.org/latest/client-server-api/#threading */
function relation(thread: Thread | undefined): Readonly<Record<string, unknown>> {
  if (thread?.root === undefined) return {};
  const root = { event_id: thread.root };
  return { 'm.relates_to': { rel_type: 'm.thread', ...root, is_falling_back: true, 'm.in_reply_to': root } };
}

/** A room id looks like `!id:server`, which may stand in a path as it is. */
function pathSegment(id: string): string {
  return encodeURIComponent(id).replaceAll('%3A', ':').replaceAll('%40', '@');
}
