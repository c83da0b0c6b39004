import type { AccessTokenRequest } from '../../auth/access-tokens.ts';
import { AuthError } from '../../auth/auth-error.ts';
import type { CloudAuth } from '../../auth/cloud-auth.ts';
import type { ClusterAccess, ClusterDescription, ClusterProvider } from '../../auth/cluster-provider.ts';
import type { InvolvedObject } from '../../auth/token-cache.ts';
import { errorMessage, isAbort } from '../../lib/errors.ts';
import { sha256Hex } from '../../lib/hash.ts';
import { isRecord } from '../../lib/json.ts';
import type { Client } from '../client.ts';
import type { Connection, Credentials, TlsMaterial } from '../connection.ts';
import { KubeconfigError } from '../kubeconfig-error.ts';
import type { ResourceType } from '../object.ts';
import type { ConfigMapConnector } from './target-clusters.ts';

export interface ConfigMapConnectorOptions {
  /** The controller's own cluster, where the ConfigMaps are. */
  readonly own: Client;
  readonly cloud: CloudAuth;
  /** `--default-kubeconfig-service-account`; empty for none. */
  readonly defaultServiceAccount: string;
}

const configMapType: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};

/** How long a token for a cluster that nobody else keeps is used, of its life. */
const share = 0.8;

/**
 * Connects to the cluster that a ConfigMap describes: `provider`, and as that needs `cluster`, `address`, `ca.crt`,
 * `audiences` (one a line) and `serviceAccountName` (fluxcd/pkg auth/utils/restconfig.go). The tokens are short-lived,
 * and renewed as long as the connection is used.
 */
export function configMapConnector(options: ConfigMapConnectorOptions): ConfigMapConnector {
  return async ({ namespace, name, involved }, signal) => {
    const data = await readConfigMap(options.own, namespace, name, signal);
    const source = await sourceOf(data, { namespace, involved }, options, signal);
    const { server, ca = '' } = await source.access(signal);
    const tls: TlsMaterial = ca === '' ? {} : { ca };
    const connection: Connection = { server, tls: () => tls, credentials: renewing(source, options.cloud) };
    return { key: sha256Hex(JSON.stringify([source.key, server, ca])), connection };
  };
}

type Data = Readonly<Record<string, string | undefined>>;

async function readConfigMap(client: Client, namespace: string, name: string, signal: AbortSignal): Promise<Data> {
  try {
    const { data } = await client.get(configMapType, { namespace, name }, { signal });
    return isRecord(data) ? (data as Data) : {};
  } catch (cause) {
    if (isAbort(cause)) throw cause;
    throw new KubeconfigError(`failed to get configmap ${namespace}/${name}: ${errorMessage(cause)}`, { cause });
  }
}

/** Where the access to one cluster comes from, again and again. */
interface AccessSource {
  /** Tells sources apart: whom they ask, for which cluster, as whom. */
  readonly key: string;
  /** `fresh`: what is kept was refused. */
  access(signal: AbortSignal, fresh?: boolean): Promise<ClusterAccess>;
}

async function sourceOf(
  data: Data,
  { namespace, involved }: { readonly namespace: string; readonly involved: InvolvedObject | undefined },
  { cloud, defaultServiceAccount }: ConfigMapConnectorOptions,
  signal: AbortSignal,
): Promise<AccessSource> {
  const provider = providerOf(cloud, data['provider'] ?? '');
  const description: ClusterDescription = { cluster: data['cluster'], address: data['address'], ca: data['ca.crt'] };
  const audiences = (data['audiences'] ?? '').split('\n').map((line) => line.trim());
  const named = audiences.filter((audience) => audience !== '');
  const accountName = data['serviceAccountName'] || defaultServiceAccount;
  const identity =
    accountName === '' ? undefined : { namespace, name: accountName, isDefault: !data['serviceAccountName'] };
  const counted = involved === undefined ? {} : { involved };
  const request: AccessTokenRequest = { identity, ...counted, ...(named.length === 0 ? {} : { audiences: named }) };
  // Other annotations make the account someone else.
  const account = identity === undefined ? undefined : await cloud.serviceAccounts.read(identity, signal);
  const key = sha256Hex(JSON.stringify([provider.name, description, named, identity ?? null, account ?? null]));
  const tokens = { get: prefixed(cloud) };
  return {
    key,
    access(wanted, fresh = false) {
      if (fresh) cloud.cache.delete(key);
      const fetch = (shared: AbortSignal) => provider.access(description, { ...request, fresh }, tokens, shared);
      return cloud.cache.getOrFetch(key, wanted, fetch, involved);
    },
  };
}

function providerOf({ clusters }: CloudAuth, name: string): ClusterProvider {
  const provider = Object.values(clusters).find((candidate) => candidate.name === name);
  if (provider !== undefined) return provider;
  throw new KubeconfigError(`provider '${name}' not implemented`);
}

function prefixed({ tokens }: CloudAuth): CloudAuth['tokens']['get'] {
  return async (provider, request, signal) => {
    try {
      return await tokens.get(provider, request, signal);
    } catch (cause) {
      if (!(cause instanceof AuthError)) throw cause;
      throw new AuthError(`failed to get access token for cluster: ${cause.message}`, { cause });
    }
  };
}

/** The token as long as it is good, then another. The next request after a refusal asks for a new one, too. */
function renewing({ access }: AccessSource, { now }: CloudAuth): Credentials {
  let refused = false;
  let current: { readonly header: string; readonly until: number } | undefined;
  return {
    authorization(signal) {
      if (current !== undefined && current.until > now()) return current.header;
      return access(signal ?? never, refused).then(({ token, expiresAt }) => {
        refused = false;
        current = { header: `Bearer ${token}`, until: now() + (expiresAt - now()) * share };
        return current.header;
      });
    },
    renew() {
      current = undefined;
      refused = true;
      return true;
    },
  };
}

const never = new AbortController().signal;
