import { AuthError } from '../auth-error.ts';
import { type RegistryCredentials, type RegistryProvider, registryKey } from '../registry-provider.ts';
import type { AwsCredentials } from '../token.ts';
import type { TokenCache } from '../token-cache.ts';
import type { AwsDeps } from './default-credentials.ts';
import { awsJsonCall } from './json-call.ts';
import { awsProvider } from './provider.ts';

/**
 * Differs from Flux (ADR 35): the whole host has to match. Upstream's expression (fluxcd/pkg auth/aws/provider.go) also
 * finds a registry of AWS inside a name that somebody else owns, and would send credentials there.
 */
const pattern =
  /^[0-9]{1,30}\.dkr[.-]ecr(?:-fips)?\.([^/.]{1,40})\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|sc2s\.sgov\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov|on\.aws)$/;
const publicRegistry = 'public.ecr.aws';
/** Where the public registry's API is, wherever the caller is. */
const publicRegion = 'us-east-1';

/**
 * Amazon ECR, private and public: the token is a user name and password, and lives for twelve hours.
 *
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
 * https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_GetAuthorizationToken.html
 */
export function ecrRegistries(deps: AwsDeps & { readonly cache: TokenCache }): RegistryProvider {
  const provider = awsProvider(deps);
  return {
    name: 'aws',
    async credentials(host, request, tokens, signal) {
      const region = regionOf(host);
      const credentials = await tokens.get(provider, { ...request, region }, signal);
      const isPublic = host === publicRegistry;
      const key = registryKey('aws', isPublic ? host : region, credentials.secretAccessKey);
      return deps.cache.getOrFetch(
        key,
        signal,
        (shared) => authorizationToken(deps, { region, isPublic, credentials }, shared),
        request.involved,
      );
    },
  };
}

function regionOf(host: string): string {
  if (host === publicRegistry) return publicRegion;
  const [, region] = pattern.exec(host) ?? [];
  if (region !== undefined) return region;
  throw new AuthError(`invalid AWS registry: '${host}'. must match ${pattern.source}`);
}

interface Ask {
  readonly region: string;
  readonly isPublic: boolean;
  readonly credentials: AwsCredentials;
}

async function authorizationToken(
  deps: AwsDeps,
  { region, isPublic, credentials }: Ask,
  signal: AbortSignal,
): Promise<RegistryCredentials> {
  const answer = await awsJsonCall(deps, {
    service: isPublic ? 'ecr-public' : 'ecr',
    region,
    target: isPublic
      ? 'SpencerFrontendService.GetAuthorizationToken'
      : 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
    body: '{}',
    credentials,
    signal,
  });
  const data = answer['authorizationData'];
  const found: unknown = Array.isArray(data) ? data[0] : data;
  if (typeof found !== 'object' || found === null) throw new AuthError('no authorization data returned');
  const { authorizationToken: token, expiresAt } = found as Readonly<Record<string, unknown>>;
  if (typeof token !== 'string') throw new AuthError('authorization token is nil');
  if (typeof expiresAt !== 'number') throw new AuthError('authorization token expiration is nil');
  const [username, password, ...more] = Buffer.from(token, 'base64').toString('utf8').split(':');
  if (username === undefined || password === undefined || more.length > 0) {
    throw new AuthError('invalid authorization token format');
  }
  return { username, password, expiresAt: expiresAt * 1000 };
}
