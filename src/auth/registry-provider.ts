import { createHash } from 'node:crypto';
import type { AccessTokenRequest } from './access-tokens.ts';
import type { TokenSource } from './cluster-provider.ts';
import type { ProviderName } from './provider.ts';
import type { Token } from './token.ts';

/** A user name and password for a registry of a cloud. */
export interface RegistryCredentials extends Token {
  readonly username: string;
  readonly password: string;
}

/** A cloud's registries (fluxcd/pkg auth/registry.go, ArtifactRegistryCredentialsProvider). */
export interface RegistryProvider {
  readonly name: ProviderName;
  /**
   * Credentials for the registry `host`. Throws AuthError; also when it is none of the cloud's: nobody else is sent what
   * the cloud gives.
   */
  credentials(
    host: string,
    request: AccessTokenRequest,
    tokens: TokenSource,
    signal: AbortSignal,
  ): Promise<RegistryCredentials>;
}

/** The cache's key for what a token was exchanged for at a registry. A new token has another one. */
export function registryKey(provider: ProviderName, registry: string, secret: string): string {
  return createHash('sha256')
    .update(JSON.stringify(['registry', provider, registry, secret]))
    .digest('hex');
}
