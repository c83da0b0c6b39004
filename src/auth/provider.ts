import type { Token } from './token.ts';

export type ProviderName = 'aws' | 'azure' | 'gcp' | 'generic';

export interface ServiceAccountRef {
  readonly namespace: string;
  readonly name: string;
}

/** A Kubernetes ServiceAccount, with the annotations that tell whom it is in a cloud. */
export interface ServiceAccount extends ServiceAccountRef {
  readonly annotations: Readonly<Record<string, string>>;
}

/** The ServiceAccounts of the controller's cluster. */
export interface ServiceAccounts {
  /** undefined when there is none. */
  read(ref: ServiceAccountRef, signal: AbortSignal): Promise<ServiceAccount | undefined>;
  /** A token of the account (TokenRequest) for these audiences, for the API server itself when there are none. */
  token(ref: ServiceAccountRef, audiences: readonly string[], signal: AbortSignal): Promise<string>;
}

/** For what a token is wanted; each provider looks at its own part. */
export interface TokenScope {
  /** Of the Kubernetes token; the provider's own when absent. */
  readonly audiences?: readonly string[];
  /** Azure. */
  readonly scopes?: readonly string[];
  /** AWS. */
  readonly region?: string;
}

/** A cloud that gives tokens (fluxcd/pkg auth/provider.go). All methods throw AuthError. */
export interface Provider<T extends Token = Token> {
  readonly name: ProviderName;
  /** Whom the Kubernetes token must be for, that is given for the cloud's; empty: for the API server. */
  audiencesOf(account: ServiceAccount, signal: AbortSignal): Promise<readonly string[]>;
  /** Whom the account is in the cloud. Throws when its annotations do not say it, or say nonsense. */
  identityOf(account: ServiceAccount): string;
  /** A token of the controller's own identity, from its environment. */
  controllerToken(scope: TokenScope, signal: AbortSignal): Promise<T>;
  /** A token of the account's identity, for its Kubernetes token. */
  accountToken(oidcToken: string, account: ServiceAccount, scope: TokenScope, signal: AbortSignal): Promise<T>;
}
