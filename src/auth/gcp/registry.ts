import { AuthError } from '../auth-error.ts';
import type { RegistryProvider } from '../registry-provider.ts';
import type { GcpDeps } from './metadata-server.ts';
import { gcpProvider } from './provider.ts';

/** fluxcd/pkg auth/gcp/provider.go; the last one is that of a sovereign cloud, which has one host. */
const pattern =
  /^(?:(?:[a-z0-9][a-z0-9.-]{0,200}\.)?gcr\.io|[a-z0-9][a-z0-9.-]{0,200}-docker\.pkg\.dev|docker\.s3nsregistry\.fr)$/i;

/**
 * Google Artifact Registry and Container Registry: they take an access token as a password.
 *
 * https://cloud.google.com/artifact-registry/docs/docker/authentication#token
 */
export function garRegistries(deps: GcpDeps): RegistryProvider {
  const provider = gcpProvider(deps);
  return {
    name: 'gcp',
    async credentials(host, request, tokens, signal) {
      if (!pattern.test(host)) throw new AuthError(`invalid GCP registry: '${host}'. must match ${pattern.source}`);
      const { token, expiresAt } = await tokens.get(provider, request, signal);
      return { username: 'oauth2accesstoken', password: token, expiresAt };
    },
  };
}
