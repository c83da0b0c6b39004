import { AuthError } from '../auth-error.ts';
import { type ClusterProvider, clusterServer } from '../cluster-provider.ts';
import type { CloudEnvironment } from '../environment.ts';
import { jsonOf } from '../http.ts';
import { type AzureCloud, cloudOf } from './clouds.ts';
import type { AzureDeps } from './default-credential.ts';
import { readAzureEnvironment } from './environment-file.ts';
import { azureProvider } from './provider.ts';

const pattern =
  /^\/subscriptions\/([^/]{36})\/resourceGroups\/([^/]{1,200})\/providers\/Microsoft\.ContainerService\/managedClusters\/([^/]{1,200})$/i;
/** The application that AKS' API servers are in Entra ID, the same for all. */
const aksScope = '6dae42f8-4368-4678-94ff-3960e28e3630/.default';
const apiVersion = '2024-10-01';

/** What reads the server and authority out of a kubeconfig. Throws when it is none. */
export type ReadKubeconfig = (text: string) => { readonly server: string; readonly ca: string };

/** AKS with Entra ID (fluxcd/pkg auth/azure/provider.go, NewRESTConfig). */
export function aksClusters(deps: AzureDeps, readKubeconfig: ReadKubeconfig): ClusterProvider {
  const provider = azureProvider(deps);
  return {
    name: 'azure',
    async access({ cluster = '', address, ca }, request, tokens, signal) {
      const { token, expiresAt } = await tokens.get(provider, { ...request, scopes: [aksScope] }, signal);
      if (address && ca) return { server: clusterServer(address), ca, token, expiresAt };
      const { resourceManager, resourceManagerAudience } = await managementOf(deps.environment);
      const scopes = [`${resourceManagerAudience}/.default`];
      const manager = await tokens.get(provider, { ...request, scopes }, signal);
      const url = `${resourceManager}${managedCluster(cluster)}`;
      const call = async (method: 'GET' | 'POST', path: string, what: string) => {
        const headers = { authorization: `Bearer ${manager.token}`, accept: 'application/json' };
        const secrets = [manager.token];
        const reply = await deps.http.call({
          method,
          url: `${url}${path}?api-version=${apiVersion}`,
          headers,
          reach: 'fixed',
          secrets,
          signal,
        });
        return jsonOf(reply, what, secrets);
      };
      const described = await call('GET', '', 'failed to describe AKS cluster');
      if (!(described['properties'] as { aadProfile?: unknown } | undefined)?.aadProfile)
        throw new AuthError(noEntra(cluster));
      const listed = await call('POST', '/listClusterUserCredential', 'failed to list credentials of AKS cluster');
      const found = choose(listed['kubeconfigs'], readKubeconfig, { cluster, address });
      return { server: clusterServer(address || found.server), ca: ca || found.ca, token, expiresAt };
    },
  };
}

async function managementOf(
  environment: CloudEnvironment,
): Promise<Pick<AzureCloud, 'resourceManager' | 'resourceManagerAudience'>> {
  const file = await readAzureEnvironment(environment);
  if (file === undefined) return cloudOf(environment.variables['AZURE_AUTHORITY_HOST']);
  return { resourceManager: file.resourceManagerEndpoint, resourceManagerAudience: file.tokenAudience };
}

function managedCluster(cluster: string): string {
  const [, subscription = '', group = '', name = ''] = pattern.exec(cluster) ?? [];
  if (name === '') throw new AuthError(`invalid AKS cluster ID: '${cluster}'. must match (?i)${pattern.source}`);
  const part = encodeURIComponent;
  return `/subscriptions/${part(subscription)}/resourceGroups/${part(group)}/providers/Microsoft.ContainerService/managedClusters/${part(name)}`;
}

/** The cluster's kubeconfig with this address, or the first one. */
function choose(
  listed: unknown,
  readKubeconfig: ReadKubeconfig,
  { cluster, address }: { readonly cluster: string; readonly address: string | undefined },
): ReturnType<ReadKubeconfig> {
  const wanted = address ? clusterServer(address) : undefined;
  const values = Array.isArray(listed) ? listed.map((entry: { value?: unknown }) => String(entry?.value ?? '')) : [];
  const all = values.map((value) => readKubeconfig(Buffer.from(value, 'base64').toString('utf8')));
  const found = all.find(({ server }) => wanted === undefined || clusterServer(server) === wanted);
  if (found !== undefined) return found;
  if (wanted === undefined) throw new AuthError(`no kubeconfig found for AKS cluster ${cluster}`);
  const addresses = all.map(({ server }) => `'${server}'`).join(', ');
  throw new AuthError(
    `no kubeconfig found for AKS cluster ${cluster} matching the specified address '${address}'. cluster addresses: [${addresses}]`,
  );
}

function noEntra(cluster: string): string {
  return `AKS cluster ${cluster} does not have Microsoft Entra ID integration enabled. See docs for enabling: https://learn.microsoft.com/en-us/azure/aks/enable-authentication-microsoft-entra-id`;
}
