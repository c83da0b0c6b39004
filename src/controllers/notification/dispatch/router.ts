import type { EventInput } from '../../../runtime/outcome.ts';
import type { Digests } from '../alert/digest.ts';
import { type AlertExtensions, alertExtensions, isStateful } from '../alert/extensions.ts';
import type { Incidents } from '../alert/incidents.ts';
import { combineMetadata, isCommitStatusUpdate, namesChangeRequest, namesCommit } from '../alert/metadata.ts';
import { screen } from '../alert/patterns.ts';
import type { AlertObject } from '../alert/sources.ts';
import type { NotificationEvent } from '../event.ts';
import type { ProviderType } from '../provider/settings.ts';
import { isChangeRequestType, isCommitStatusType, isGenericType } from '../provider/types.ts';
import { dispatchFailure, missingProvider, type Notification, type ProviderObject } from './send.ts';

export interface RouterDeps {
  provider(key: Notification['provider']): ProviderObject | undefined;
  readonly incidents: Pick<Incidents, 'heard'>;
  readonly digests: Pick<Digests, 'add'>;
  readonly noCrossNamespaceRefs: boolean;
  /** Hands over what is to be sent. */
  put(notification: Notification): void;
  /** Tells the cluster about an Alert. */
  tell(alert: AlertObject, event: EventInput): void;
}

/** Where an event comes from. */
export type Arrival = 'new' | 'repeated';

/**
 * What becomes of an event for one Alert that is about its object, up to where it waits to be sent (notification-controller
 * internal/server/event_handlers.go, filterAlertsForEvent and getNotificationParams). Waits for nothing.
 */
export class Router {
  readonly #deps: RouterDeps;

  constructor(deps: RouterDeps) {
    this.#deps = deps;
  }

  /** Routes an event. One that came again only counts where an Alert wants failures counted. */
  route(alert: AlertObject, event: NotificationEvent, arrival: Arrival): void {
    const { extensions, problems } = alertExtensions(alert);
    for (const message of problems) this.#warn(alert, 'InvalidAnnotation', message);
    if (arrival === 'repeated' && !countsFailures(extensions)) return;
    const passes = this.#passes(alert, event);
    const isFailure = event.severity === 'error';
    if (!passes && (isFailure || !isStateful(extensions))) return;
    const provider = this.#provider(alert, event);
    if (provider === undefined || provider.spec.suspend === true) return;
    if (!isStateful(extensions) || !isForPeople(provider.spec.type)) {
      if (passes && arrival === 'new') this.#dispatch(alert, provider, event);
      return;
    }
    const told = this.#deps.incidents.heard(alert, extensions, event);
    // A recovery is told whatever the lists say of the message that it is told with.
    if (told !== undefined && (passes || told !== event)) this.#dispatch(alert, provider, told);
  }

  /** Sends what was held back by `route`, to the Provider that the Alert has now. */
  release(alert: AlertObject, event: NotificationEvent): void {
    const provider = this.#provider(alert, event);
    if (provider !== undefined && provider.spec.suspend !== true) this.#dispatch(alert, provider, event);
  }

  /** Sends a message about the Alert itself. */
  sendDigest(alert: AlertObject, event: NotificationEvent): void {
    const provider = this.#provider(alert, event);
    if (provider === undefined || provider.spec.suspend === true) return;
    this.#put(alert, { ...event, metadata: combineMetadata(event, alert.spec).metadata });
  }

  #passes(alert: AlertObject, event: NotificationEvent): boolean {
    const { eventSeverity = 'info' } = alert.spec;
    if (eventSeverity !== 'info' && event.severity !== eventSeverity) return false;
    const { passes, problems } = screen(event.message, alert.spec);
    for (const message of problems) this.#warn(alert, 'InvalidConfig', message);
    return passes;
  }

  #provider(alert: AlertObject, event: NotificationEvent): ProviderObject | undefined {
    const { name, namespace = '' } = alert.metadata;
    const about = event.involvedObject;
    if (this.#deps.noCrossNamespaceRefs && about.namespace !== namespace) {
      const what = `${about.kind}/${about.namespace}/${about.name}`;
      const problem = `discarding event, access denied to cross-namespace sources: alert '${namespace}/${name}' can't process event from '${what}', cross-namespace references have been blocked`;
      this.#warn(alert, 'NotificationDispatchFailed', dispatchFailure(event, problem));
      return undefined;
    }
    const provider = this.#deps.provider({ namespace, name: alert.spec.providerRef.name });
    if (provider === undefined) {
      const problem = missingProvider(alert.spec.providerRef.name);
      this.#warn(alert, 'NotificationDispatchFailed', dispatchFailure(event, problem));
    }
    return provider;
  }

  #dispatch(alert: AlertObject, { spec: { type } }: ProviderObject, event: NotificationEvent): void {
    if (!wants(type, event)) return;
    const { metadata, conflicts } = combineMetadata(event, alert.spec);
    if (Object.keys(conflicts).length > 0) {
      const message =
        'metadata key conflicts detected (please refer to the Alert API docs and Flux RFC 0008 for more information)';
      this.#deps.tell(alert, {
        severity: 'error',

        reason: 'MetadataAppendFailed',
        message,
        annotations: conflicts,
      });
    }
    const { digestMs } = alertExtensions(alert).extensions;
    if (digestMs !== undefined && isForPeople(type)) this.#deps.digests.add(alert, event, digestMs);
    else this.#put(alert, { ...event, metadata });
  }

  #put(alert: AlertObject, event: NotificationEvent): void {
    const { kind, namespace, name } = event.involvedObject;
    this.#deps.put({
      alert,
      event,
      provider: { namespace: alert.metadata.namespace ?? '', name: alert.spec.providerRef.name },
      about: `${kind}/${namespace}/${name}`,
      bytes: sizeOf(event),
    });
  }

  #warn(alert: AlertObject, reason: NonNullable<EventInput['reason']>, message: string): void {
    this.#deps.tell(alert, { severity: 'error', reason, message });
  }
}

function countsFailures({ fireAfterFailures, fireAfterMs }: AlertExtensions): boolean {
  return fireAfterFailures !== undefined || fireAfterMs !== undefined;
}

/** Statuses of commits and comments on pull requests are states, not messages: they are set as soon as they are known. */
function isForPeople(type: ProviderType): boolean {
  return !isCommitStatusType(type) && !isChangeRequestType(type);
}

/**
 * Whether a type of Provider has a use for an event. What is only there for a commit's status is for those that set one,
 * and for `generic`, which passes everything on. Statuses are set by such events, by events that name the commit, and by
 * failures; comments need to know on what.
 */
function wants(type: ProviderType, event: NotificationEvent): boolean {
  if (isCommitStatusType(type)) return namesCommit(event) || isCommitStatusUpdate(event) || event.severity === 'error';
  if (isCommitStatusUpdate(event) && !isGenericType(type)) return false;
  return !isChangeRequestType(type) || namesChangeRequest(event);
}

/** About the memory that an event takes: two bytes a character, and what its objects cost. */
function sizeOf({ message, metadata }: NotificationEvent): number {
  const pairs = Object.entries(metadata);
  return 1000 + 2 * pairs.reduce((sum, [key, value]) => sum + key.length + value.length, message.length);
}
