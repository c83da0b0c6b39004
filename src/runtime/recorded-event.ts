import { EVENT_GROUP } from '../crds/meta/names.ts';
import type { KubeObject } from '../kube/object.ts';
import { redact } from '../lib/redact.ts';
import { timestamp } from './conditions.ts';
import type { EventInput } from './outcome.ts';

/** `corev1.ObjectReference`, as far as events fill it in. */
export interface ObjectReference {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid?: string;
  readonly apiVersion: string;
  readonly resourceVersion?: string;
}

/** An event, complete: what both receivers are told. */
export interface RecordedEvent {
  readonly involvedObject: ObjectReference;
  readonly severity: 'trace' | 'info' | 'error';
  readonly reason: string;
  readonly message: string;
  /** With prefixed keys. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The longest message of an event (fluxcd/pkg apis/event/v1beta1). */
const maxMessageLength = 39_000;

/**
 * An event with all it needs. Metadata keys get the prefix of the object's group; the object's own annotations
 * `event.toolkit.fluxcd.io/...` are added as they are. Credentials in the message are masked.
 */
export function recordedEvent(object: KubeObject, event: EventInput, at: number): RecordedEvent {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace, uid, resourceVersion } = metadata;
  const group = apiVersion.includes('/') ? `${apiVersion.split('/')[0]}/` : '';
  const severity = event.severity ?? 'info';
  const message = redact(event.message).toWellFormed();
  return {
    involvedObject: {
      kind,
      apiVersion,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    severity,
    reason: event.reason ?? severity,
    message: message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength - 3)}...`,
    metadata: {
      ...Object.fromEntries(Object.entries(event.metadata ?? {}).map(([key, value]) => [`${group}${key}`, value])),
      ...event.annotations,
      ...Object.fromEntries(
        Object.entries(metadata.annotations ?? {}).filter(([key]) => key.startsWith(`${EVENT_GROUP}/`)),
      ),
    },
    at,
  };
}

/** The body that the event endpoint takes (fluxcd/pkg apis/event/v1beta1, Event). */
export function webhookBody(event: RecordedEvent, controllerName: string, instance: string): Record<string, unknown> {
  const { involvedObject, severity, reason, message, metadata, at } = event;
  return {
    involvedObject,
    severity,
    timestamp: timestamp(at),
    message,
    reason,
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    reportingController: controllerName,
    reportingInstance: instance,
  };
}
