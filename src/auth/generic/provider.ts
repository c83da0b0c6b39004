import { errorMessage, isAbort } from '../../lib/errors.ts';
import { AuthError } from '../auth-error.ts';
import { type ClusterProvider, clusterServer } from '../cluster-provider.ts';
import type { CloudEnvironment } from '../environment.ts';
import { claimsOf } from '../jwt.ts';
import type { Provider, ServiceAccountRef, ServiceAccounts } from '../provider.ts';
import type { BearerToken } from '../token.ts';

export interface GenericDeps {
  readonly environment: CloudEnvironment;
  readonly serviceAccounts: ServiceAccounts;
}

const tokenFile = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** OIDC without a cloud: the ServiceAccount's own token, for those who trust its issuer (fluxcd/pkg auth/generic). */
export function genericProvider({ environment, serviceAccounts }: GenericDeps): Provider<BearerToken> {
  return {
    name: 'generic',
    audiencesOf: async () => [],
    identityOf: ({ namespace, name }) => `system:serviceaccount:${namespace}:${name}`,
    async controllerToken({ audiences = [] }, signal) {
      const own = serviceAccountOf((await environment.read(tokenFile)).trim());
      const token = await serviceAccounts.token(own, audiences, signal).catch((cause: unknown) => {
        if (isAbort(cause)) throw cause;
        const named = `'${own.namespace}/${own.name}'`;
        throw new AuthError(
          `failed to create kubernetes token for controller service account ${named}: ${errorMessage(cause)}`,
          { cause },
        );
      });
      return bearer(token);
    },
    accountToken: async (oidcToken) => bearer(oidcToken),
  };
}

/** Clusters that trust the issuer of this cluster's ServiceAccount tokens. */
export function genericClusters(deps: GenericDeps): ClusterProvider {
  const provider = genericProvider(deps);
  return {
    name: 'generic',
    async access({ address = '', ca }, request, tokens, signal) {
      const audiences = request.audiences?.length ? request.audiences : [address];
      const { token, expiresAt } = await tokens.get(provider, { ...request, audiences }, signal);
      if (address === '') throw new AuthError('cluster address is required to create a REST config');
      return { server: clusterServer(address), ...(ca ? { ca } : {}), token, expiresAt };
    },
  };
}

/** The account whose token this is, by its subject. Throws AuthError. */
export function serviceAccountOf(token: string): ServiceAccountRef {
  const subject = String(claimsOf(token)['sub']);
  const [system, kind, namespace, name, ...rest] = subject.split(':');
  if (system === 'system' && kind === 'serviceaccount' && namespace && name && rest.length === 0)
    return { namespace, name };
  throw new AuthError(`invalid subject format in service account token: ${subject}`);
}

function bearer(token: string): BearerToken {
  const { exp } = claimsOf(token);
  if (typeof exp !== 'number') throw new AuthError('failed to get expiration time from service account token');
  return { token, expiresAt: exp * 1000 };
}
