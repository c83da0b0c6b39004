import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { HelmRepository } from '../../../crds/source/helm-repository.ts';
import type { Client } from '../../../kube/client.ts';
import { readSecret, type SecretData, secretText } from '../../../kube/secret.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { HttpTls } from '../../../net/http-agents.ts';
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
      : tlsOf(certificates, `${namespace}/${certSecretRef.name}`);
  const secret = secretRef === undefined ? undefined : await read(secretRef.name, 'authentication');
  const about = `${namespace}/${secretRef?.name}`;
  const credentials = secret === undefined ? {} : credentialsOf(secret, about);
  const own = tls ?? (secret === undefined || !hasTls(secret) ? undefined : tlsOf(secret, about));
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
    throw failed(`failed to detect authentication methods: ${problem}`);
  }
  return hasName ? { username: secretText(secret, 'username'), password: secretText(secret, 'password') } : {};
}

const tlsKeys = { cert: ['tls.crt', 'certFile'], key: ['tls.key', 'keyFile'], ca: ['ca.crt', 'caFile'] } as const;

function hasTls(secret: SecretData): boolean {
  return Object.values(tlsKeys).some((names) => entry(secret, names) !== undefined);
}

/** fluxcd/pkg runtime/secrets/converter.go, TLSConfigFromSecret. */
function tlsOf(secret: SecretData, about: string): HttpTls {
  const cert = entry(secret, tlsKeys.cert);
  const key = entry(secret, tlsKeys.key);
  const ca = entry(secret, tlsKeys.ca);
  const fail = (problem: string, cause?: unknown): Fault =>
    failed(`failed to construct Helm client's TLS config: ${problem}`, cause);
  if ((cert === undefined) !== (key === undefined)) {
    const [has, lacks] = cert === undefined ? ['tls.key', 'tls.crt'] : ['tls.crt', 'tls.key'];
    throw fail(`secret '${about}' contains '${has}' but missing '${lacks}'`);
  }
  if (cert === undefined && ca === undefined)
    throw fail(`secret '${about}' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'`);
  if (cert !== undefined && key !== undefined && !isPair(cert, key))
    throw fail('failed to parse TLS certificate and key: they are no PEM, or not made for each other');
  if (ca !== undefined && !isCertificate(ca)) throw fail('failed to parse CA certificate');
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function entry(secret: SecretData, names: readonly string[]): Buffer | undefined {
  const name = names.find((one) => secret.has(one));
  const bytes = name === undefined ? undefined : secret.get(name);
  return bytes === undefined || bytes.length === 0 ? undefined : bytes;
}

function isPair(cert: Buffer, key: Buffer): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

function isCertificate(pem: Buffer): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}

function failed(message: string, cause?: unknown): Fault {
  return fetchFailed('retry', 'AuthenticationFailed', message, cause);
}
