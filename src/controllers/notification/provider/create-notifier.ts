import type { AccessTokens } from '../../../auth/access-tokens.ts';
import { withDeadline } from '../../../lib/async.ts';
import type { Clock } from '../../../lib/clock.ts';
import { createGeneric } from './generic.ts';
import type { NotifierHttp } from './http.ts';
import { type Notifier, NotifyError } from './notifier.ts';
import type { Delivery, ProviderSettings, ProviderType } from './settings.ts';

/** What notifiers share. */
export interface NotifierDeps {
  readonly http: NotifierHttp;
  readonly tokens: AccessTokens;
  readonly clock: Clock;
}

/** Makes the notifier of a type. Throws {@link NotifyError} when the settings lack what the type needs. */
export type NotifierFactory = (settings: ProviderSettings, delivery: Delivery, deps: NotifierDeps) => Notifier;

const factories: Partial<Readonly<Record<ProviderType, NotifierFactory>>> = {
  generic: createGeneric,
  'generic-hmac': createGeneric,
};

/**
 * The notifier for a Provider, which gives up after its timeout. Throws {@link NotifyError} when the settings lack what its type needs.
 */
export function createNotifier(settings: ProviderSettings, delivery: Delivery, deps: NotifierDeps): Notifier {
  const create = factories[settings.type];
  if (create === undefined) throw new NotifyError(`provider ${settings.type} not supported`, { permanent: true });
  const notifier = create(settings, delivery, deps);
  return { post: (event, signal) => notifier.post(event, withDeadline(signal, settings.timeoutMs)) };
}
