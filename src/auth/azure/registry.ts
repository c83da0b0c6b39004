import { AuthError } from '../auth-error.ts';
import type { CloudEnvironment } from '../environment.ts';
import { jsonOf } from '../http.ts';
import { claimsOf } from '../jwt.ts';
import { type RegistryCredentials, type RegistryProvider, registryKey } from '../registry-provider.ts';
import type { TokenCache } from '../token-cache.ts';
import type { AzureDeps } from './default-credential.ts';
import { readAzureEnvironment } from './environment-file.ts';
import { azureProvider } from './provider.ts';

/** A single label below one of Azure's domains: nobody else can own it (fluxcd/pkg auth/azure/provider.go). */
const pattern = /^[a-z0-9][a-z0-9.-]{0,200}\.(?:azurecr\.io|azurecr\.cn|azurecr\.de|azurecr\.us)$/i;
/** The registries' application in Entra ID, the same in all clouds. */
const scope = 'https://containerregistry.azure.net/.default';
/** The user name that goes with a refresh token as password. */
const username = '00000000-0000-0000-0000-000000000000';

/**
 * Azure Container Registry: an Entra ID token is exchanged for a refresh token of the registry.
 *
 * https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md#calling-post-oauth2exchange-to-get-an-acr-refresh-token
 */
export function acrRegistries(deps: AzureDeps & { readonly cache: TokenCache }): RegistryProvider {
  const provider = azureProvider(deps);
  return {
    name: 'azure',
    async credentials(host, request, tokens, signal) {
      const scope = await scopeOf(host, deps.environment);
      const { token } = await tokens.get(provider, { ...request, scopes: [scope] }, signal);
      const key = registryKey('azure', host, token);
      return deps.cache.getOrFetch(key, signal, (shared) => exchange(deps, host, token, shared), request.involved);
    },
  };
}

/** The scope of tokens for the registry. Throws AuthError for one that is not of the cloud, or of that of the file. */
async function scopeOf(host: string, environment: CloudEnvironment): Promise<string> {
  const file = await readAzureEnvironment(environment);
  const suffix = file?.containerRegistryDNSSuffix?.replace(/^\.*/, '.');
  if (!pattern.test(host) && (suffix === undefined || !isBelow(host, suffix))) {
    const wanted = suffix === undefined ? `must match ${pattern.source}` : `must end with ${suffix}`;
    throw new AuthError(`invalid Azure registry: '${host}'. ${wanted}`);
  }
  return file === undefined ? scope : `${file.resourceManagerEndpoint}/.default`;
}

function isBelow(host: string, suffix: string): boolean {
  return host.endsWith(suffix) && /^[a-z0-9][a-z0-9.-]{0,200}$/i.test(host.slice(0, -suffix.length));
}

async function exchange(
  { http }: AzureDeps,
  host: string,
  token: string,
  signal: AbortSignal,
): Promise<RegistryCredentials> {
  const reply = await http.call({
    method: 'POST',
    url: `https://${host}/oauth2/exchange`,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({ grant_type: 'access_token', service: host, access_token: token }).toString(),
    reach: 'fixed',
    secrets: [token],
    signal,
  });
  const { refresh_token: password } = jsonOf(reply, `${host} gave no refresh token`, [token]);
  if (typeof password !== 'string' || password === '') throw new AuthError('the answer has no refresh token');
  const { exp } = claimsOf(password);
  if (typeof exp !== 'number') throw new AuthError('the refresh token does not tell when it expires');
  return { username, password, expiresAt: exp * 1000 };
}
