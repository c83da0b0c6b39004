import type { TokenIdentity } from '../../../auth/access-tokens.ts';
import type { NotifierDeps } from './create-notifier.ts';
import type { ProviderSettings } from './settings.ts';

/** As whom clouds are asked: the Provider's ServiceAccount, that of the operator for those without, or the controller. */
export function cloudIdentity(
  { provider: { namespace }, serviceAccountName }: ProviderSettings,
  { defaultServiceAccount }: NotifierDeps,
): TokenIdentity | undefined {
  if (serviceAccountName !== '') return { namespace, name: serviceAccountName };
  return defaultServiceAccount === '' ? undefined : { namespace, name: defaultServiceAccount, isDefault: true };
}
