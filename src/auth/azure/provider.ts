import { AuthError } from '../auth-error.ts';
import type { Provider, ServiceAccount, TokenScope } from '../provider.ts';
import type { BearerToken } from '../token.ts';
import { publicCloud } from './clouds.ts';
import { type AzureDeps, defaultAzureToken } from './default-credential.ts';
import { entraToken } from './entra.ts';

/** Azure: tokens of the machine's identity, or of the application that a ServiceAccount names (fluxcd/pkg auth/azure). */
export function azureProvider(deps: AzureDeps): Provider<BearerToken> {
  return {
    name: 'azure',
    audiencesOf: async () => ['api://AzureADTokenExchange'],
    identityOf(account) {
      const { tenantId, clientId } = applicationOf(account);
      return `${tenantId}/${clientId}`;
    },
    controllerToken: async (scope, signal) => defaultAzureToken(deps, scopeOf(scope), signal),
    async accountToken(assertion, account, scope, signal) {
      const authorityHost = deps.environment.variables['AZURE_AUTHORITY_HOST'] || publicCloud.authorityHost;
      const client = { authorityHost, ...applicationOf(account), proof: { assertion } };
      return entraToken(deps, client, scopeOf(scope), signal);
    },
  };
}

function applicationOf({ annotations }: ServiceAccount): { readonly tenantId: string; readonly clientId: string } {
  const read = (key: string, what: string): string => {
    const value = annotations[key];
    if (value !== undefined) return value;
    throw new AuthError(`azure ${what} is not set in the service account annotation ${key}`);
  };
  return {
    tenantId: read('azure.workload.identity/tenant-id', 'tenant ID'),
    clientId: read('azure.workload.identity/client-id', 'client ID'),
  };
}

function scopeOf({ scopes = [] }: TokenScope): string {
  return scopes.join(' ');
}
