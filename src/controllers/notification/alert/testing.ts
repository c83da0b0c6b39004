import type { NotificationEvent } from '../event.ts';
import type { AlertObject } from './sources.ts';

/** Group of Kustomizations, with the slash that ends a prefix. */
export const KUSTOMIZE_PREFIX = 'kustomize.toolkit.fluxcd.io/';

/** An Alert of the namespace `apps` for all Kustomizations, for tests. */
export function alertNamed(
  spec: Partial<AlertObject['spec']> = {},
  {
    name = 'alert',
    annotations = {},
  }: { readonly name?: string; readonly annotations?: Readonly<Record<string, string>> } = {},
): AlertObject {
  return {
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    kind: 'Alert',
    metadata: { name, namespace: 'apps', uid: `uid-${name}`, resourceVersion: '1', annotations },
    spec: {
      eventSeverity: 'info',
      eventSources: [{ kind: 'Kustomization', name: '*' }],
      providerRef: { name: 'sink' },
      ...spec,
    },
  };
}

/** An event about the Kustomization `app` of the namespace `apps`, as it was posted, for tests. */
export function eventAbout({
  namespace = 'apps',
  name = 'app',
  revision = 'r1',
  metadata = {},
  ...event
}: Partial<NotificationEvent> & {
  readonly namespace?: string;
  readonly name?: string;
  readonly revision?: string;
} = {}): NotificationEvent {
  return {
    involvedObject: { apiVersion: `${KUSTOMIZE_PREFIX}v1`, kind: 'Kustomization', namespace, name, uid: 'u1' },
    severity: 'info',
    timestamp: '2026-01-02T03:04:05Z',
    message: 'something happened',
    reason: 'Progressing',
    reportingController: 'kustomize-controller',
    reportingInstance: 'pod',
    ...event,
    metadata: { [`${KUSTOMIZE_PREFIX}revision`]: revision, ...metadata },
  };
}

/** An event that says that the Kustomization failed. */
export function failureOf(event: Parameters<typeof eventAbout>[0] = {}): NotificationEvent {
  return eventAbout({ severity: 'error', reason: 'BuildFailed', message: 'it broke', ...event });
}

/** An event that says that the Kustomization is as it should be, as kustomize-controller marks it. */
export function successOf({ metadata = {}, ...event }: Parameters<typeof eventAbout>[0] = {}): NotificationEvent {
  const message = 'Reconciliation finished in 1s, next run in 1h0m0s';
  const marks = { [`${KUSTOMIZE_PREFIX}commit_status`]: 'update', ...metadata };
  return eventAbout({ reason: 'ReconciliationSucceeded', message, ...event, metadata: marks });
}
