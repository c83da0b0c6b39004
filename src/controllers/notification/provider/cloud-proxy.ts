import { AuthError } from '../../../auth/auth-error.ts';
import { azureProvider } from '../../../auth/azure/provider.ts';
import type { CloudAuth } from '../../../auth/cloud-auth.ts';
import { gcpProvider } from '../../../auth/gcp/provider.ts';
import type { AuthHttp, HttpCall } from '../../../auth/http.ts';
import type { NotifierDeps } from './create-notifier.ts';
import { NotifyError } from './notifier.ts';
import type { ProviderSettings } from './settings.ts';

/**
 * What gives identities in clouds, asking for tokens by the Provider's proxy where it has one (internal/notifier/
 * azure_helpers.go and google_helpers.go do the same). Services of the machine are asked without.
 */
export function cloudOf({ proxy }: ProviderSettings, { cloud, http }: NotifierDeps): CloudAuth {
  if (proxy === undefined) return cloud;
  const ask = async ({ method, url, headers, body, signal, secrets = [] }: HttpCall) => {
    const call = { method, url, ...(headers && { headers }), ...(body !== undefined && { body }), whole: true };
    try {
      const { status, body: text } = await http.send(call, { proxy, secrets }, signal);
      return { status, body: text, headers: {} };
    } catch (cause) {
      throw cause instanceof NotifyError ? new AuthError(cause.message, { cause }) : cause;
    }
  };
  const proxied: AuthHttp = { call: (call) => (call.reach === 'node' ? cloud.http.call(call) : ask(call)) };
  const deps = { http: proxied, now: cloud.now, environment: cloud.environment };
  return { ...cloud, http: proxied, azure: azureProvider(deps), gcp: gcpProvider(deps) };
}
