import { type SecretData, secretText } from '../../../kube/secret.ts';
import { type HttpTls, strictTls } from '../../../net/http-agents.ts';
import { TlsSecretError, tlsOfSecret } from '../../../net/tls-secret.ts';

/** The ways to prove who one is that a Secret has, as far as providers use them. */
export interface SecretAuth {
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
  readonly tls?: HttpTls;
}

/**
 * Looks through a Secret as upstream does for all its controllers (fluxcd/pkg runtime/secrets/converter.go,
 * AuthMethodsFromSecret). `ref` is its `namespace/name`. Throws Error in upstream's words when half of something is there.
 * White space around a token, which editors leave, is no part of it: no header could hold it.
 */
export function authOf(secret: SecretData, ref: string): SecretAuth {
  checkBasic(secret, ref);
  checkGithubApp(secret, ref);
  const tls = tlsIfAny(secret, ref);
  const token = secretText(secret, 'token').trim();
  return {
    ...(secret.has('username')
      ? { username: secretText(secret, 'username'), password: secretText(secret, 'password') }
      : {}),
    ...(token === '' ? {} : { token }),
    ...(tls === undefined ? {} : { tls }),
  };
}

function checkBasic(secret: SecretData, ref: string): void {
  if (secret.has('username') === secret.has('password')) return;
  const [present, missing] = secret.has('username') ? ['username', 'password'] : ['password', 'username'];
  throw new Error(`secret '${ref}': malformed basic auth - has '${present}' but missing '${missing}'`);
}

function checkGithubApp(secret: SecretData, ref: string): void {
  const has = (name: string): boolean => secret.has(`githubApp${name}`);
  if (!['ID', 'InstallationOwner', 'InstallationID', 'PrivateKey'].some(has)) return;
  // Upstream takes these two for a Secret that has no App at all.
  if (!has('ID') || !has('PrivateKey')) return;
  if (has('InstallationOwner') === has('InstallationID')) {
    throw new Error(
      `secret '${ref}' must contain exactly one of 'githubAppInstallationOwner' or 'githubAppInstallationID'`,
    );
  }
}

function tlsIfAny(secret: SecretData, ref: string): HttpTls | undefined {
  try {
    return strictTls(tlsOfSecret(secret, ref));
  } catch (error) {
    if (error instanceof TlsSecretError && error.missing) return undefined;
    throw error;
  }
}
