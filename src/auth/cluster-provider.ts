import type { AccessTokenRequest, AccessTokens } from './access-tokens.ts';
import { AuthError } from './auth-error.ts';
import type { ProviderName } from './provider.ts';
import type { Token } from './token.ts';

/** A cluster, as a ConfigMap describes it (`meta.KubeConfigKey*`). */
export interface ClusterDescription {
  /** The cluster's name in the cloud's own API. */
  readonly cluster?: string | undefined;
  /** Its API server; looked up when absent. */
  readonly address?: string | undefined;
  /** PEM of its authority; looked up when absent. */
  readonly ca?: string | undefined;
}

/** What a connection to a cluster takes. */
export interface ClusterAccess extends Token {
  readonly server: string;
  /** PEM; the system's authorities when absent. */
  readonly ca?: string;
  readonly token: string;
}

/** How tokens for a cluster are got: with whose identity and which audiences is settled already. */
export type TokenSource = Pick<AccessTokens, 'get'>;

/** A provider of clusters (fluxcd/pkg auth/restconfig.go, RESTConfigProvider). */
export interface ClusterProvider {
  readonly name: ProviderName;
  /** Throws AuthError. */
  access(
    description: ClusterDescription,
    request: AccessTokenRequest,
    tokens: TokenSource,
    signal: AbortSignal,
  ): Promise<ClusterAccess>;
}

/** `https://<host in lower case>:<port>` of an API server's address. Throws AuthError unless it is https. */
export function clusterServer(address: string): string {
  const failed = (why: string): AuthError => new AuthError(`Kubernetes API server address '${address}' ${why}`);
  if (address === '') throw new AuthError('empty address');
  const text = address.startsWith('http') ? address : `https://${address}`;
  if (!URL.canParse(text)) throw failed('is no URL');
  const { protocol, hostname, port } = new URL(text);
  if (protocol !== 'https:') throw failed('must use https scheme');
  return `https://${hostname.toLowerCase()}:${port === '' ? '443' : port}`;
}

/** PEM out of the base64 that clouds give. Throws AuthError when it is missing. */
export function decodeCa(base64: unknown, cluster: string): string {
  if (typeof base64 === 'string' && base64 !== '') return Buffer.from(base64, 'base64').toString('utf8');
  throw new AuthError(`cluster '${cluster}' has no CA certificate`);
}
