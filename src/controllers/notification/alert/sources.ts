import type { Alert } from '../../../crds/notification/alert.ts';
import type { KubeObject } from '../../../kube/object.ts';
import type { NotificationEvent } from '../event.ts';

/** An Alert as its informer has it. */
export type AlertObject = Alert & KubeObject;
type EventSource = Alert['spec']['eventSources'][number];
export type Labels = Readonly<Record<string, string>>;

/** Whether an Alert is about the object of an event; sometimes only the labels of the object can tell. */
export type SourceMatch = 'yes' | 'no' | { readonly labelled: readonly Labels[] };

/** The name of the index of Alerts by what they are about; its values are of {@link sourceKey}. */
export const SOURCE_INDEX = 'source';

/** A kind in a namespace. */
export function sourceKey(kind: string, namespace: string): string {
  return `${kind}/${namespace}`;
}

/** The values of an Alert in {@link SOURCE_INDEX}. */
export function sourceKeysOf({ spec, metadata }: AlertObject): readonly string[] {
  const { namespace: own = '' } = metadata;
  return [...new Set(spec.eventSources.map(({ kind, namespace = '' }) => sourceKey(kind, namespace || own)))];
}

/**
 * Whether the event is of an object and of a severity that the Alert wants (notification-controller
 * internal/server/event_handlers.go, eventMatchesAlertSources). A suspended Alert wants none.
 */
export function matchSources(event: NotificationEvent, alert: AlertObject, severities: 'its own' | 'all'): SourceMatch {
  const { eventSeverity = 'info', eventSources, suspend = false } = alert.spec;
  if (suspend) return 'no';
  if (severities === 'its own' && eventSeverity !== 'info' && event.severity !== eventSeverity) return 'no';
  const labelled: Labels[] = [];
  for (const source of eventSources) {
    if (!isAbout(event, source, alert.metadata.namespace ?? '')) continue;
    if (source.matchLabels === undefined) return 'yes';
    labelled.push(source.matchLabels);
  }
  return labelled.length === 0 ? 'no' : { labelled };
}

function isAbout({ involvedObject }: NotificationEvent, source: EventSource, alertNamespace: string): boolean {
  return (
    involvedObject.kind === source.kind &&
    involvedObject.namespace === (source.namespace || alertNamespace) &&
    (source.name === '*' || source.name === involvedObject.name)
  );
}

/** Whether an object with `labels` carries all of `wanted`. */
export function hasLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}
