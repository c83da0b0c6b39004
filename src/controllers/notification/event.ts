/** What an event is about (corev1.ObjectReference). Texts are '' when the sender left them out. */
export interface InvolvedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion?: string;
  readonly fieldPath?: string;
}

/** How much an event matters: `trace`, `info` or `error`. Flux checks it as little as any other text, '' included. */
export type Severity = string;

/** An event as the controllers post it (fluxcd/pkg apis/event/v1beta1, Event), decoded and checked. */
export interface NotificationEvent {
  readonly involvedObject: InvolvedObject;
  readonly severity: Severity;
  /** RFC 3339, whole seconds, UTC: `2026-01-02T15:04:05Z`; '' when the sender left it out. */
  readonly timestamp: string;
  readonly message: string;
  readonly reason: string;
  /** Empty when there is none. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly reportingController: string;
  /** '' when the sender left it out. */
  readonly reportingInstance: string;
}

/** Keys of an event's metadata that mean something (fluxcd/pkg apis/event/v1beta1/metadata.go). */
export const metadataKeys = {
  revision: 'revision',
  originRevision: 'originRevision',
  token: 'token',
  commitStatus: 'commit_status',
  commit: 'commit',
  changeRequest: 'change_request',
  summary: 'summary',
} as const;

/** Value of the metadata key `commit_status` of events that are only there to update a commit's status. */
export const commitStatusUpdate = 'update';

/** The API group of an involved object; '' for the core group. */
export function groupOf({ apiVersion }: InvolvedObject): string {
  return apiVersion.includes('/') ? (apiVersion.split('/', 1)[0] ?? '') : '';
}

/** Which revision an event is about: the commit, that of the origin, or that of the artifact, whichever it tells first. */
export function revisionOf({ metadata }: NotificationEvent): string | undefined {
  return metadata[metadataKeys.commit] ?? metadata[metadataKeys.originRevision] ?? metadata[metadataKeys.revision];
}

const maxLoggedLength = 253;

/** What a log tells of an event; whoever posted it chose the texts, but not how much of them is kept. */
export function logFields({ involvedObject, reason }: NotificationEvent): Readonly<Record<string, string>> {
  const { name, namespace, kind } = involvedObject;
  const fields = { name, namespace, 'reconciler kind': kind, reason };
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value.slice(0, maxLoggedLength)]));
}

/** The event as the JSON value that Go's encoder would write: its order of fields, nothing for empty optional ones. */
export function eventBody(event: NotificationEvent): Readonly<Record<string, unknown>> {
  const { involvedObject, metadata, severity, timestamp, message, reason } = event;
  const { kind, namespace, name, uid, apiVersion, resourceVersion = '', fieldPath = '' } = involvedObject;
  return {
    involvedObject: withoutEmpty({ kind, namespace, name, uid, apiVersion, resourceVersion, fieldPath }),
    severity,
    timestamp: timestamp === '' ? null : timestamp,
    message,
    reason,
    ...(Object.keys(metadata).length === 0 ? {} : { metadata: sortedByKey(metadata) }),
    reportingController: event.reportingController,
    ...withoutEmpty({ reportingInstance: event.reportingInstance }),
  };
}

function withoutEmpty(fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}

function sortedByKey(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
