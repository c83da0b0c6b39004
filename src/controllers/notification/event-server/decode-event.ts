import { EVENT_GROUP } from '../../../crds/meta/names.ts';
import { isRecord } from '../../../lib/json.ts';
import { groupOf, type NotificationEvent } from '../event.ts';

/** A body is none of the events that the controllers post. The message is fit for logs. */
export class BadEvent extends Error {
  override readonly name = 'BadEvent';
}

/**
 * An event from the body of a request, as Go's encoding/json reads fluxcd/pkg's Event: fields may be absent, null is
 * the same as absent, unknown ones are passed over, and nothing is required; texts that are no Unicode are mended.
 * Throws {@link BadEvent}.
 */
export function decodeEvent(body: Uint8Array): NotificationEvent {
  const event = record(parse(body), 'event');
  const about = record(event['involvedObject'], 'involvedObject');
  const resourceVersion = text(about, 'resourceVersion');
  const fieldPath = text(about, 'fieldPath');
  const involvedObject = {
    apiVersion: text(about, 'apiVersion'),
    kind: text(about, 'kind'),
    namespace: text(about, 'namespace'),
    name: text(about, 'name'),
    uid: text(about, 'uid'),
    ...(resourceVersion === '' ? {} : { resourceVersion }),
    ...(fieldPath === '' ? {} : { fieldPath }),
  };
  return {
    involvedObject,
    severity: text(event, 'severity'),
    timestamp: time(event['timestamp']),
    message: text(event, 'message'),
    reason: text(event, 'reason'),
    metadata: metadataOf(event['metadata'], groupOf(involvedObject)),
    reportingController: text(event, 'reportingController'),
    reportingInstance: text(event, 'reportingInstance'),
  };
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    // What the parser says of it quotes the body.
    throw new BadEvent('the body is not JSON', { cause: error });
  }
}

function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw new BadEvent(`${name} is not an object`);
  return value;
}

function text(of: Readonly<Record<string, unknown>>, name: string): string {
  const value = Object.hasOwn(of, name) ? of[name] : undefined;
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new BadEvent(`${name} is not a string`);
  return value.toWellFormed();
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** In UTC and whole seconds, as metav1.Time writes it. */
function time(value: unknown): string {
  if (value === undefined || value === null) return '';
  const at = typeof value === 'string' && rfc3339.test(value) ? Date.parse(value.replace(',', '.')) : Number.NaN;
  if (Number.isNaN(at)) throw new BadEvent('timestamp is not a time');
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/**
 * Entries that are for Alerts: those with the prefix of events, and those with the prefix of the object's group but
 * for its digest (notification-controller internal/server/event_server.go, cleanupMetadata).
 */
function metadataOf(value: unknown, group: string): Readonly<Record<string, string>> {
  const all = record(value, 'metadata');
  const left = [`${group}/checksum`, `${group}/digest`].map((key) => key.toLowerCase());
  return Object.fromEntries(
    Object.keys(all)
      .filter((key) => key.startsWith(`${EVENT_GROUP}/`) || key.startsWith(`${group}/`))
      .filter((key) => !left.includes(key.toLowerCase()))
      .map((key) => [key.toWellFormed(), text(all, key)]),
  );
}
