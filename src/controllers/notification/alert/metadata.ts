import { EVENT_GROUP } from '../../../crds/meta/names.ts';
import type { Alert } from '../../../crds/notification/alert.ts';
import { commitStatusUpdate, groupOf, metadataKeys, type NotificationEvent } from '../event.ts';

/** An event's metadata as it is sent, and the keys that were said twice. */
export interface CombinedMetadata {
  readonly metadata: Readonly<Record<string, string>>;
  /** Who said a key, weakest first, by the key. */
  readonly conflicts: Readonly<Record<string, string>>;
}

/**
 * The metadata of an event as an Alert's Provider is told it. Weakest first: annotations of the object, the Alert's
 * `eventMetadata`, its `summary`, what the controller said; prefixes fall away (notification-controller
 * internal/server/event_handlers.go, combineEventMetadata; RFC 8). The token is for nobody.
 */
export function combineMetadata(
  event: NotificationEvent,
  { eventMetadata = {}, summary = '' }: Alert['spec'],
): CombinedMetadata {
  const group = groupOf(event.involvedObject);
  const { [`${group}/${metadataKeys.token}`]: _, ...told } = event.metadata;
  const layers: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['involved object annotations', withoutPrefix(told, `${EVENT_GROUP}/`)],
    ['Alert object .spec.eventMetadata', eventMetadata],
    ['Alert object .spec.summary', summary === '' ? {} : { [metadataKeys.summary]: summary }],
    ['involved object controller metadata', withoutPrefix(told, `${group}/`)],
  ];
  const sources = new Map<string, string[]>();
  for (const [layer, entries] of layers)
    for (const key of Object.keys(entries)) sources.set(key, [...(sources.get(key) ?? []), layer]);
  const twice = [...sources].filter(([, from]) => from.length > 1);
  return {
    metadata: Object.fromEntries(layers.flatMap(([, entries]) => Object.entries(entries))),
    conflicts: Object.fromEntries(twice.map(([key, from]) => [key, from.join(', ')])),
  };
}

function withoutPrefix(entries: Readonly<Record<string, string>>, prefix: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(entries)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}

/** Whether the controller sent the event, as it came, only for the status of a commit. */
export function isCommitStatusUpdate({ involvedObject, metadata }: NotificationEvent): boolean {
  return metadata[`${groupOf(involvedObject)}/${metadataKeys.commitStatus}`] === commitStatusUpdate;
}

/** Whether an annotation of the object names the commit, in an event as it came. */
export function namesCommit({ metadata }: NotificationEvent): boolean {
  return (metadata[`${EVENT_GROUP}/${metadataKeys.commit}`] ?? '') !== '';
}

/** Whether an annotation of the object names a pull or merge request, in an event as it came. */
export function namesChangeRequest({ metadata }: NotificationEvent): boolean {
  return (metadata[`${EVENT_GROUP}/${metadataKeys.changeRequest}`] ?? '') !== '';
}
