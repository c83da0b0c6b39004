import { AuthError } from '../auth-error.ts';
import { type ClusterProvider, clusterServer, decodeCa } from '../cluster-provider.ts';
import type { AwsCredentials } from '../token.ts';
import type { AwsDeps } from './default-credentials.ts';
import { awsJsonCall } from './json-call.ts';
import { awsProvider } from './provider.ts';
import { awsEndpoint } from './region.ts';
import { presignedUrl } from './signature.ts';

const pattern = /^arn:aws[\w-]*:eks:([^:]{1,100}):[0-9]{1,30}:cluster\/(.{1,200})$/;
/** EKS takes a token for this long, however long its credentials live. */
const tokenMs = 15 * 60_000;

/**
 * EKS: the token is a signed request to STS that tells who we are (fluxcd/pkg auth/aws/provider.go, NewRESTConfig).
 *
 * https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html
 */
export function eksClusters(deps: AwsDeps): ClusterProvider {
  const provider = awsProvider(deps);
  return {
    name: 'aws',
    async access({ cluster = '', address, ca }, request, tokens, signal) {
      const { region, name } = parseCluster(cluster);
      const expiresAt = deps.now() + tokenMs;
      const credentials = await tokens.get(provider, { ...request, region }, signal);
      const found = address && ca ? undefined : await describe(deps, { cluster, region, name }, credentials, signal);
      return {
        server: clusterServer(address || String(found?.['endpoint'] ?? '')),
        ca: ca || decodeCa((found?.['certificateAuthority'] as { data?: unknown } | undefined)?.data, cluster),
        token: await eksToken(deps, region, name, credentials),
        expiresAt: Math.min(expiresAt, credentials.expiresAt),
      };
    },
  };
}

function parseCluster(cluster: string): { readonly region: string; readonly name: string } {
  const [, region, name] = pattern.exec(cluster) ?? [];
  if (region !== undefined && name !== undefined) return { region, name };
  throw new AuthError(`invalid EKS cluster ARN: '${cluster}'. must match ${pattern.source}`);
}

async function describe(
  deps: AwsDeps,
  { cluster, region, name }: { readonly cluster: string; readonly region: string; readonly name: string },
  credentials: AwsCredentials,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const path = `/clusters/${encodeURIComponent(name)}`;
  try {
    const answer = await awsJsonCall(deps, { service: 'eks', region, path, credentials, signal });
    return (answer['cluster'] ?? {}) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    if (!(cause instanceof AuthError)) throw cause;
    throw new AuthError(`failed to describe EKS cluster '${cluster}': ${cause.message}`, { cause });
  }
}

async function eksToken(
  { now }: AwsDeps,
  region: string,
  clusterName: string,
  credentials: AwsCredentials,
): Promise<string> {
  const url = await presignedUrl({
    credentials,
    service: 'sts',
    region,
    method: 'GET',
    url: `${awsEndpoint('sts', region)}/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Expires=900`,
    headers: { 'x-k8s-aws-id': clusterName },
    now: now(),
  });
  return `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`;
}
