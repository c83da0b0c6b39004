import { AuthError } from '../auth-error.ts';
import type { CloudEnvironment } from '../environment.ts';
import { jsonOf } from '../http.ts';
import type { BearerToken } from '../token.ts';
import { publicCloud } from './clouds.ts';
import { bearerOf, type EntraDeps, entraToken } from './entra.ts';

export interface AzureDeps extends EntraDeps {
  readonly environment: CloudEnvironment;
}

/**
 * A token of the machine's identity, from where the Azure SDKs look for it: a client secret or certificate in the
 * variables, workload identity, managed identity (fluxcd/pkg auth/azure/new_default_azure_credential.go). No program is
 * run. Throws AuthError.
 */
export async function defaultAzureToken(deps: AzureDeps, scope: string, signal: AbortSignal): Promise<BearerToken> {
  const { variables, read } = deps.environment;
  const tenantId = variables['AZURE_TENANT_ID'];
  const clientId = variables['AZURE_CLIENT_ID'];
  const authorityHost = variables['AZURE_AUTHORITY_HOST'] || publicCloud.authorityHost;
  if (tenantId && clientId) {
    const client = { authorityHost, tenantId, clientId };
    const secret = variables['AZURE_CLIENT_SECRET'];
    if (secret) return entraToken(deps, { ...client, proof: { secret } }, scope, signal);
    const certificatePath = variables['AZURE_CLIENT_CERTIFICATE_PATH'];
    if (certificatePath) {
      const password = variables['AZURE_CLIENT_CERTIFICATE_PASSWORD'];
      const sendChain = /^(1|true)$/i.test(variables['AZURE_CLIENT_SEND_CERTIFICATE_CHAIN'] ?? '');
      const proof = { certificate: await read(certificatePath), password, sendChain };
      return entraToken(deps, { ...client, proof }, scope, signal);
    }
    const tokenFile = variables['AZURE_FEDERATED_TOKEN_FILE'];
    if (tokenFile && variables['AZURE_AUTHORITY_HOST']) {
      const proof = { assertion: (await read(tokenFile)).trim() };
      return entraToken(deps, { ...client, proof }, scope, signal);
    }
  }
  return managedIdentityToken(deps, clientId, scope, signal);
}

/**
 * A token of a managed identity, by the instance metadata: of the one with this client ID, else of the machine's own.
 * Throws AuthError.
 *
 * https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
 */
export async function managedIdentityToken(
  { http, now }: EntraDeps,
  clientId: string | undefined,
  scope: string,
  signal: AbortSignal,
): Promise<BearerToken> {
  const query = new URLSearchParams({
    'api-version': '2018-02-01',
    resource: scope.replace(/\/\.default$/, ''),
    ...(clientId ? { client_id: clientId } : {}),
  });
  const url = `http://169.254.169.254/metadata/identity/oauth2/token?${query}`;
  const call = { method: 'GET', url, headers: { metadata: 'true' }, reach: 'node', signal } as const;
  const reply = await http.call(call).catch((cause: unknown) => {
    if (!(cause instanceof AuthError)) throw cause;
    throw new AuthError(
      `no Azure credentials: neither variables of a client or of workload identity, nor a managed identity (${cause.message})`,
      { cause },
    );
  });
  return bearerOf(jsonOf(reply, 'the managed identity gave no token'), now());
}
