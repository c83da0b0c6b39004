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
  const said = new Map<string, { readonly value: string; readonly by: string; readonly isConflict: boolean }>();
  for (const [layer, entries] of layers) {
    for (const [key, value] of Object.entries(entries)) {
      const before = said.get(key);
      const by = before === undefined ? layer : `${before.by}, ${layer}`;
      said.set(key, { value, by, isConflict: before !== undefined });
    }
  }
  return {
    metadata: Object.fromEntries(said.entries().map(([key, { value }]) => [key, value])),
    conflicts: Object.fromEntries(
      said
        .entries()
        .filter(([, { isConflict }]) => isConflict)
        .map(([key, { by }]) => [key, by]),
    ),
  };
}

function withoutPrefix(entries: Readonly<Record<string, string>>, prefix: string): Readonly<Record<string, string>> {
  const keys = Object.keys(entries).filter((key) => key.startsWith(prefix));
  return Object.fromEntries(keys.map((key) => [key.slice(prefix.length), entries[key] ?? '']));
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
