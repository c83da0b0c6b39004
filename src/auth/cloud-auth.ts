import { AccessTokens } from './access-tokens.ts';
import { eksClusters } from './aws/eks.ts';
import { awsProvider } from './aws/provider.ts';
import { ecrRegistries } from './aws/registry.ts';
import { aksClusters, type ReadKubeconfig } from './azure/aks.ts';
import { azureProvider } from './azure/provider.ts';
import { acrRegistries } from './azure/registry.ts';
import type { ClusterProvider } from './cluster-provider.ts';
import type { CloudEnvironment } from './environment.ts';
import { gkeClusters } from './gcp/gke.ts';
import { gcpProvider } from './gcp/provider.ts';
import { garRegistries } from './gcp/registry.ts';
import { genericClusters, genericProvider } from './generic/provider.ts';
import type { AuthHttp } from './http.ts';
import type { Provider, ProviderName, ServiceAccounts } from './provider.ts';
import type { RegistryProvider } from './registry-provider.ts';
import type { AwsCredentials, BearerToken } from './token.ts';
import type { TokenCache } from './token-cache.ts';

export interface CloudAuthOptions {
  readonly http: AuthHttp;
  readonly now: () => number;
  readonly environment: CloudEnvironment;
  readonly serviceAccounts: ServiceAccounts;
  readonly cache: TokenCache;
  /** Feature gate ObjectLevelWorkloadIdentity. */
  readonly objectLevel: boolean;
  readonly readKubeconfig: ReadKubeconfig;
}

/** All that a controller needs to prove who it is, or who a ServiceAccount is, to a cloud. */
export interface CloudAuth {
  readonly http: AuthHttp;
  readonly now: () => number;
  readonly environment: CloudEnvironment;
  readonly serviceAccounts: ServiceAccounts;
  readonly cache: TokenCache;
  readonly tokens: AccessTokens;
  readonly aws: Provider<AwsCredentials>;
  readonly azure: Provider<BearerToken>;
  readonly gcp: Provider<BearerToken>;
  readonly generic: Provider<BearerToken>;
  readonly clusters: Readonly<Record<ProviderName, ClusterProvider>>;
  readonly registries: Readonly<Record<Exclude<ProviderName, 'generic'>, RegistryProvider>>;
}

/** The providers, with what they share. */
export function createCloudAuth(options: CloudAuthOptions): CloudAuth {
  const { http, now, environment, serviceAccounts, cache } = options;
  return {
    http,
    now,
    environment,
    serviceAccounts,
    cache,
    tokens: new AccessTokens(options),
    aws: awsProvider(options),
    azure: azureProvider(options),
    gcp: gcpProvider(options),
    generic: genericProvider(options),
    clusters: {
      aws: eksClusters(options),
      azure: aksClusters(options, options.readKubeconfig),
      gcp: gkeClusters(options),
      generic: genericClusters(options),
    },
    registries: { aws: ecrRegistries(options), azure: acrRegistries(options), gcp: garRegistries(options) },
  };
}
