import type { HelmRepository } from '../../../crds/source/helm-repository.ts';
import type { Client } from '../../../kube/client.ts';
import { readSecret, type SecretData, secretText } from '../../../kube/secret.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { HttpTls } from '../../../net/http-agents.ts';
import { TlsSecretError, tlsOfSecret } from '../../../net/tls-secret.ts';
import type { Fault } from '../../../runtime/fault.ts';
import { fetchFailed } from '../faults.ts';
import type { ChartAccess } from './chart-http.ts';

/** What of a HelmRepository says how it is reached. */
export type Reached = Pick<HelmRepository, 'metadata' | 'spec'>;

/** What the Secrets of a HelmRepository hold. */
export interface RepositoryAccess extends ChartAccess {
  /** The entries of `spec.secretRef`; registries find more in them than a name and a password. */
  readonly secret?: SecretData;
}

/**
 * Reads what the object's Secrets say of how to reach the repository at `url`, in upstream's order and words
 * (internal/helm/getter/client_opts.go, GetClientOpts). Throws a fault.
 */
export async function readRepositoryAccess(
  { metadata: { namespace }, spec }: Reached,
  url: string,
  client: Client,
  signal: AbortSignal,
): Promise<RepositoryAccess> {
  const read = async (name: string, what: string): Promise<SecretData> => {
    try {
      return await readSecret(client, { namespace, name }, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw failed(`failed to get ${what} secret '${namespace}/${name}': ${errorMessage(error)}`, error);
    }
  };
  const { certSecretRef, secretRef, passCredentials = false } = spec;
  const certificates = certSecretRef === undefined ? undefined : await read(certSecretRef.name, 'TLS authentication');
  const tls =
    certSecretRef === undefined || certificates === undefined
      ? undefined
      : tlsOf(certificates, `${namespace}/${certSecretRef.name}`, "failed to construct Helm client's TLS config");
  const secret = secretRef === undefined ? undefined : await read(secretRef.name, 'authentication');
  const about = `${namespace}/${secretRef?.name}`;
  const credentials = secret === undefined ? {} : credentialsOf(secret, about);
  const own = tls ?? (secret === undefined || !hasTls(secret) ? undefined : tlsOf(secret, about, detecting));
  return {
    url,
    ...credentials,
    ...(own === undefined ? {} : { tls: own }),
    ...(secret === undefined ? {} : { secret }),
    passCredentials,
  };
}

function credentialsOf(secret: SecretData, about: string): Pick<ChartAccess, 'username' | 'password'> {
  const [hasName, hasPassword] = [secret.has('username'), secret.has('password')];
  if (hasName !== hasPassword) {
    const [has, lacks] = hasName ? ['username', 'password'] : ['password', 'username'];
    const problem = `secret '${about}': malformed basic auth - has '${has}' but missing '${lacks}'`;
    throw failed(`${detecting}: ${problem}`);
  }
  return hasName ? { username: secretText(secret, 'username'), password: secretText(secret, 'password') } : {};
}

const detecting = 'failed to detect authentication methods';
const tlsKeys = ['tls.crt', 'certFile', 'tls.key', 'keyFile', 'ca.crt', 'caFile'];

function hasTls(secret: SecretData): boolean {
  return tlsKeys.some((key) => (secret.get(key)?.length ?? 0) > 0);
}

function tlsOf(secret: SecretData, about: string, context: string): HttpTls {
  try {
    return tlsOfSecret(secret, about);
  } catch (error) {
    if (!(error instanceof TlsSecretError)) throw error;
    throw failed(`${context}: ${error.message}`, error);
  }
}

function failed(message: string, cause?: unknown): Fault {
  return fetchFailed('retry', 'AuthenticationFailed', message, cause);
}
