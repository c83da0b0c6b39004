import { type CloudAuth, createCloudAuth } from '../auth/cloud-auth.ts';
import { processCloudEnvironment } from '../auth/environment.ts';
import { type AuthProxies, HttpCaller } from '../auth/http.ts';
import { TokenCache } from '../auth/token-cache.ts';
import { kubeconfigServer } from '../kube/kubeconfig.ts';
import type { ObjectKey } from '../kube/object.ts';
import { serviceAccountsOf } from '../kube/service-accounts.ts';
import type { Environment } from '../runtime/composition.ts';
import { tokenCacheMetrics } from '../runtime/token-cache-metrics.ts';

/** The process' surroundings that cloud identities come from. */
export interface CloudSurroundings {
  readonly proxies: AuthProxies | undefined;
  /** The environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export interface Cloud {
  readonly auth: CloudAuth;
  /** Forgets what metrics counted for an object. */
  forget(key: ObjectKey): void;
  close(): Promise<void>;
}

/** What a controller asks clouds for. */
export interface CloudUse {
  /** Kind of the objects that tokens are got for. */
  readonly kind: string;
  /** For what they are got, as metrics name it. */
  readonly operations: readonly string[];
  /** Feature gate ObjectLevelWorkloadIdentity. */
  readonly objectLevel: boolean;
  /** Flags that name accounts for it; empty ones name none. */
  readonly defaultAccounts: readonly string[];
}

/**
 * Cloud identities for decryption and other clusters. Throws an Error, which ends the process, when flags name accounts
 * that the feature gate does not let be used.
 */
export function createCloud(
  { client, clock, metrics, flags: common }: Environment,
  { kind, operations, objectLevel, defaultAccounts }: CloudUse,
  { proxies, variables }: CloudSurroundings,
): Cloud {
  if (!objectLevel && defaultAccounts.some((name) => name !== '')) {
    throw new Error(
      'cannot set default service accounts when the feature gate ObjectLevelWorkloadIdentity is not enabled',
    );
  }
  const observer = tokenCacheMetrics(metrics.registry);
  const http = new HttpCaller(proxies);
  const auth = createCloudAuth({
    http,
    now: () => clock.now(),
    environment: processCloudEnvironment(variables),
    serviceAccounts: serviceAccountsOf(client),
    cache: new TokenCache({
      maxSize: common.tokenCacheMaxSize,
      maxDurationMs: common.tokenCacheMaxDurationMs,
      clock,
      observer,
    }),
    objectLevel,
    readKubeconfig: kubeconfigServer,
  });
  return {
    auth,
    forget: ({ namespace = '', name }) => observer.forget({ kind, namespace, name }, operations),
    close: () => http.close(),
  };
}
