import { createHash } from 'node:crypto';
import { errorMessage, isAbort } from '../lib/errors.ts';
import { AuthError } from './auth-error.ts';
import type { Provider, ServiceAccount, ServiceAccountRef, ServiceAccounts, TokenScope } from './provider.ts';
import type { Token } from './token.ts';
import type { InvolvedObject, TokenCache } from './token-cache.ts';

export interface AccessTokensOptions {
  readonly cache: TokenCache;
  readonly serviceAccounts: ServiceAccounts;
  /** Feature gate ObjectLevelWorkloadIdentity. */
  readonly objectLevel: boolean;
}

/** As whom a token is wanted: an account of the object's namespace, or the controller itself when absent. */
export interface TokenIdentity extends ServiceAccountRef {
  /** The name is the operator's (`--default-*-service-account`), not the object's. */
  readonly isDefault?: boolean;
}

export interface AccessTokenRequest extends TokenScope {
  readonly identity?: TokenIdentity | undefined;
  readonly involved?: InvolvedObject;
  /** Take none that is kept: it was refused. */
  readonly fresh?: boolean;
}

/**
 * Tokens of cloud providers: of the controller's own identity, or, by a TokenRequest for a ServiceAccount that is
 * exchanged at the provider, of an object's (fluxcd/pkg auth/access_token.go). Cached by identity and scope.
 */
export class AccessTokens {
  readonly #options: AccessTokensOptions;

  constructor(options: AccessTokensOptions) {
    this.#options = options;
  }

  /** Throws AuthError, in the original's words where it has any. */
  async get<T extends Token>(provider: Provider<T>, request: AccessTokenRequest, signal: AbortSignal): Promise<T> {
    const { identity } = request;
    const asked = identity === undefined ? undefined : await this.#account(provider, identity, request, signal);
    const key = keyOf([
      provider.name,
      asked?.audiences ?? request.audiences ?? [],
      asked === undefined ? null : [asked.providerIdentity, asked.account.namespace, asked.account.name],
      request.scopes ?? [],
      request.region ?? null,
    ]);
    if (request.fresh === true) this.#options.cache.delete(key);
    return this.#options.cache.getOrFetch(
      key,
      signal,
      (shared) =>
        asked === undefined
          ? controllerToken(provider, request, shared)
          : this.#accountToken(provider, asked, request, shared),
      request.involved,
    );
  }

  async #account(
    provider: Provider,
    { namespace, name, isDefault = false }: TokenIdentity,
    { audiences }: TokenScope,
    signal: AbortSignal,
  ): Promise<Account> {
    const failed = failure(`failed to get service account '${namespace}/${name}'`);
    const account = await this.#options.serviceAccounts.read({ namespace, name }, signal).catch(failed);
    if (account === undefined)
      return failed(isDefault ? missingDefault : `ServiceAccount ${JSON.stringify(name)} not found`);
    return {
      account,
      audiences:
        audiences ?? (await provider.audiencesOf(account, signal).catch(failure('failed to get provider audience'))),
      providerIdentity: identityOf(provider, account),
    };
  }

  async #accountToken<T extends Token>(
    provider: Provider<T>,
    { account, audiences }: Account,
    scope: TokenScope,
    signal: AbortSignal,
  ): Promise<T> {
    const { objectLevel, serviceAccounts } = this.#options;
    if (!objectLevel) throw new AuthError('ObjectLevelWorkloadIdentity feature gate is not enabled');
    const named = `service account '${account.namespace}/${account.name}'`;
    const oidcToken = await serviceAccounts
      .token(account, audiences, signal)
      .catch(failure(`failed to create kubernetes token for ${named}`));
    return provider
      .accountToken(oidcToken, account, scope, signal)
      .catch(failure(`failed to create provider access token for ${named}`));
  }
}

interface Account {
  readonly account: ServiceAccount;
  readonly audiences: readonly string[];
  readonly providerIdentity: string;
}

const missingDefault =
  'the specified default service account does not exist in the object namespace. your cluster is subject to multi-tenant workload identity lockdown, reach out to your cluster administrator for help';

function controllerToken<T extends Token>(provider: Provider<T>, scope: TokenScope, signal: AbortSignal): Promise<T> {
  return provider
    .controllerToken(scope, signal)
    .catch(failure('failed to create provider access token for the controller'));
}

function identityOf(provider: Provider, account: ServiceAccount): string {
  try {
    return provider.identityOf(account);
  } catch (cause) {
    const { namespace, name } = account;
    throw new AuthError(
      `failed to get provider identity from service account '${namespace}/${name}' annotations: ${errorMessage(cause)}`,
      { cause },
    );
  }
}

/** Puts what was tried before what went wrong. */
function failure(what: string): (cause: unknown) => never {
  return (cause) => {
    if (isAbort(cause)) throw cause;
    throw new AuthError(`${what}: ${errorMessage(cause)}`, { cause });
  };
}

/** A digest of the parts, which no choice of names makes equal to that of others. */
function keyOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
