import type { Provider } from '../../../crds/notification/provider.ts';
import { ApiError, TransportError } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { withDeadline } from '../../../lib/async.ts';
import type { Clock } from '../../../lib/clock.ts';
import { errorMessage, isAbort, isTimeout } from '../../../lib/errors.ts';
import { redact } from '../../../lib/redact.ts';
import type { AlertObject } from '../alert/sources.ts';
import type { NotificationEvent } from '../event.ts';
import { type Notifier, NotifyError } from '../provider/notifier.ts';
import type { Delivery, ProviderSettings } from '../provider/settings.ts';
import type { Parcel } from './lane.ts';
import { Threads } from './threads.ts';

/** A Provider as its informer has it. */
export type ProviderObject = Provider & KubeObject;

/** An event on its way to a Provider. */
export interface Notification extends Parcel {
  readonly alert: AlertObject;
  readonly event: NotificationEvent;
  readonly provider: { readonly namespace: string; readonly name: string };
}

export interface SendDeps {
  provider(key: Notification['provider']): ProviderObject | undefined;
  /** Why a Provider may not be used as it is. */
  refusal(provider: ProviderObject): string | undefined;
  /** Reads the Provider's Secrets. */
  resolve(provider: ProviderObject, signal: AbortSignal): Promise<ProviderSettings>;
  /** The id of the commit status that the event sets; '' when it sets none. */
  commitStatus(provider: ProviderObject, event: NotificationEvent, alert: AlertObject): string;
  createNotifier(settings: ProviderSettings, delivery: Delivery): Notifier;
  readonly clock: Clock;
}

/** How old what the Secrets said may be: a burst of events costs one look, and a new Secret is used at once. */
const maxAgeMs = 500;
/** For reading Secrets. */
const resolveTimeoutMs = 10_000;

interface Resolved {
  readonly resourceVersion: string | undefined;
  readonly settings: Promise<ProviderSettings>;
}

/** Sends notifications, one at a time as it is told. */
export class Sender {
  readonly #deps: SendDeps;
  readonly #resolved = new Map<string, Resolved>();
  readonly #threads = new Threads();

  constructor(deps: SendDeps) {
    this.#deps = deps;
  }

  /** Gives whether it was sent: it is not when the Provider is suspended. Throws {@link SendFailure}. */
  async send({ alert, event, provider: key }: Notification, signal: AbortSignal): Promise<boolean> {
    const provider = this.#deps.provider(key);
    if (provider === undefined)
      throw new SendFailure(event, 'dispatch', missingProvider(key.name), { permanent: true });
    if (provider.spec.suspend === true) return false;
    const refusal = this.#deps.refusal(provider);
    if (refusal !== undefined) throw new SendFailure(event, 'dispatch', refusal, { permanent: true });
    const commitStatus = this.#commitStatus(provider, event, alert);
    const thread = this.#threads.of(alert, provider.metadata, event);
    const delivery = { alert: alertRef(alert), commitStatus, ...(thread === undefined ? {} : { thread }) };
    const { notifier, timeoutMs } = await this.#notifier(provider, event, delivery, signal);
    try {
      await notifier.post(event, withDeadline(signal, timeoutMs));
      return true;
    } catch (error) {
      throw new SendFailure(event, 'send', problem(error), tryAgain(error), error);
    }
  }

  #commitStatus(provider: ProviderObject, event: NotificationEvent, alert: AlertObject): string {
    try {
      return this.#deps.commitStatus(provider, event, alert);
    } catch (error) {
      const message = `failed to create commit status: ${errorMessage(error)}`;
      throw new SendFailure(event, 'dispatch', message, { permanent: true }, error);
    }
  }

  async #notifier(
    provider: ProviderObject,
    event: NotificationEvent,
    delivery: Delivery,
    signal: AbortSignal,
  ): Promise<{ readonly notifier: Notifier; readonly timeoutMs: number }> {
    try {
      const settings = await this.#settings(provider, signal);
      return { notifier: this.#deps.createNotifier(settings, delivery), timeoutMs: settings.timeoutMs };
    } catch (error) {
      const message = `failed to initialize notifier for provider '${provider.metadata.name}': ${problem(error)}`;
      throw new SendFailure(event, 'dispatch', message, tryAgain(error), error);
    }
  }

  #settings(provider: ProviderObject, signal: AbortSignal): Promise<ProviderSettings> {
    const { uid = '', resourceVersion } = provider.metadata;
    const known = this.#resolved.get(uid);
    if (known !== undefined && known.resourceVersion === resourceVersion) return known.settings;
    const settings = this.#deps.resolve(provider, withDeadline(signal, resolveTimeoutMs));
    const resolved = { resourceVersion, settings };
    this.#resolved.set(uid, resolved);
    // Secrets are kept no longer than a burst lasts.
    this.#deps.clock.setTimeout(() => {
      if (this.#resolved.get(uid) === resolved) this.#resolved.delete(uid);
    }, maxAgeMs);
    return settings;
  }
}

/** Whether and when to try again. */
interface Again {
  readonly permanent: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly unanswered?: boolean;
}

/** Why an event was not sent, in the words of Flux; fit for logs and events. */
export class SendFailure extends Error {
  override readonly name = 'SendFailure';
  /** Whether it would fail again. */
  readonly permanent: boolean;
  /** How long the service asked not to be called, if it did. */
  readonly retryAfterMs: number | undefined;
  /** Whether it may have arrived all the same. */
  readonly unanswered: boolean;

  constructor(
    { involvedObject: { kind, namespace, name } }: NotificationEvent,
    step: 'dispatch' | 'send',
    problem: string,
    again: Again,
    cause?: unknown,
  ) {
    super(`failed to ${step} notification for ${kind}/${namespace}/${name}: ${redact(problem)}`, { cause });
    this.permanent = again.permanent;
    this.retryAfterMs = again.retryAfterMs;
    this.unanswered = again.unanswered ?? false;
  }
}

function alertRef({ metadata: { namespace = '', name, uid = '' } }: AlertObject): Delivery['alert'] {
  return { namespace, name, uid };
}

/** What to say of an event that did not get as far as being sent. */
export function dispatchFailure(
  { involvedObject: { kind, namespace, name } }: NotificationEvent,
  problem: string,
): string {
  return `failed to dispatch notification for ${kind}/${namespace}/${name}: ${problem}`;
}

/** As Flux's client tells of a Provider that is not in its cache. */
export function missingProvider(name: string): string {
  return `failed to read provider: Provider.notification.toolkit.fluxcd.io "${name}" not found`;
}

function problem(error: unknown): string {
  if (isTimeout(error)) return 'context deadline exceeded';
  return errorMessage(error);
}

/** An outage of the API server, of the network or of the service may pass; what is wrong with Provider or event stays. */
function tryAgain(error: unknown): Again {
  if (error instanceof NotifyError) return error;
  if (isTimeout(error)) return { permanent: false, unanswered: true };
  return { permanent: !(isAbort(error) || error instanceof TransportError || isBusy(error)) };
}

function isBusy(error: unknown): boolean {
  return error instanceof ApiError && (error.isTooManyRequests || error.status >= 500);
}
