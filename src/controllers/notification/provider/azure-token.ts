import { AuthError } from '../../../auth/auth-error.ts';
import { cloudIdentity } from './cloud-identity.ts';
import { cloudOf } from './cloud-proxy.ts';
import type { NotifierDeps } from './create-notifier.ts';
import { NotifyError } from './notifier.ts';
import { involvedOf, type ProviderSettings } from './settings.ts';

/** A token of Entra ID for a scope (internal/notifier/azure_helpers.go). Throws NotifyError. */
export async function azureToken(
  settings: ProviderSettings,
  deps: NotifierDeps,
  scope: string,
  signal: AbortSignal,
): Promise<string> {
  const { tokens, azure } = cloudOf(settings, deps);
  const request = { identity: cloudIdentity(settings, deps), scopes: [scope], involved: involvedOf(settings) };
  try {
    return (await tokens.get(azure, request, signal)).token;
  } catch (cause) {
    if (!(cause instanceof AuthError)) throw cause;
    throw new NotifyError(`failed to get token: ${cause.message}`, { permanent: false, cause });
  }
}
