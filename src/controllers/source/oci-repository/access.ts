import type { OCIRepository } from '../../../crds/source/oci-repository.ts';
import { isNotFound } from '../../../kube/errors.ts';
import { readSecret, type SecretData } from '../../../kube/secret.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { type HttpProxy, type HttpTls, ProxyError } from '../../../net/http-agents.ts';
import { proxyOfSecret } from '../../../net/proxy-secret.ts';
import { TlsSecretError, tlsOfSecret } from '../../../net/tls-secret.ts';
import type { CredentialSource } from '../../../oci/credentials.ts';
import { DockerConfig } from '../../../oci/docker-config.ts';
import { OciError } from '../../../oci/oci-error.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import { fetchFailed } from '../faults.ts';
import type { OciRepositoryDeps } from './deps.ts';
import { readPullSecrets } from './pull-secrets.ts';

/** How a registry is reached. */
export interface Access {
  readonly credentials?: CredentialSource;
  readonly tls?: HttpTls;
  readonly proxy?: HttpProxy;
  readonly insecure: boolean;
}

type Attempt = Pick<AttemptContext, 'signal' | 'event' | 'log'>;

/**
 * Reads what the object's Secrets and ServiceAccount say of how to reach the registry, in upstream's order and words
 * (ocirepository_controller.go, keychain, transport and getTLSConfig). Clouds are asked when a request needs it. Throws
 * Fault.
 */
export async function readAccess(object: OCIRepository, attempt: Attempt, deps: OciRepositoryDeps): Promise<Access> {
  const { spec } = object;
  const { signal } = attempt;
  const pullSecrets = await readCredentials(object, attempt, deps);
  const proxy = await readProxy(object, deps, signal);
  const credentials = pullSecrets ?? cloudCredentials(object, deps);
  const tls = await readTls(object, deps, signal);
  return {
    ...(credentials === undefined ? {} : { credentials }),
    ...(tls === undefined ? {} : { tls }),
    ...(proxy === undefined ? {} : { proxy }),
    insecure: spec.insecure === true,
  };
}

/** Those of `secretRef` and of the pull secrets of the ServiceAccount; undefined when there are no such Secrets. */
async function readCredentials(
  { metadata: { namespace, name: own }, spec }: OCIRepository,
  attempt: Attempt,
  { client, usedSecrets }: OciRepositoryDeps,
): Promise<CredentialSource | undefined> {
  const { signal } = attempt;
  const fail = (problem: string, cause?: unknown): Fault =>
    authenticationFailed('failed to get credential', problem, cause);
  const key = { namespace, name: own };
  usedSecrets.remember(key, []);
  const secrets: SecretData[] = [];
  if (spec.secretRef !== undefined) {
    const { name } = spec.secretRef;
    try {
      secrets.push(await readSecret(client, { namespace, name }, signal));
    } catch (error) {
      signal.throwIfAborted();
      const message = `auth secret '${name}' not found`;
      attempt.log.info(message);
      attempt.event({ severity: 'trace', reason: 'AuthenticationFailed', message });
      throw fail(`failed to get secret '${namespace}/${name}': ${errorMessage(error)}`, error);
    }
  }
  if (isSet(spec.serviceAccountName)) {
    const account = { namespace, name: spec.serviceAccountName };
    const named = (names: readonly string[]): void => usedSecrets.remember(key, names);
    secrets.push(...(await readPullSecrets(client, account, signal, { fail, named })));
  }
  if (secrets.length === 0) return undefined;
  try {
    const config = dockerConfigOf(secrets);
    return async (repository) => config.credentialsFor(repository);
  } catch (error) {
    throw error instanceof OciError ? fail(error.message, error) : error;
  }
}

/** Secrets that hold no Docker configuration give nothing, as upstream has it. */
function dockerConfigOf(secrets: readonly SecretData[]): DockerConfig {
  const config = new DockerConfig();
  for (const secret of secrets) {
    const current = secret.get('.dockerconfigjson');
    const older = secret.get('.dockercfg');
    if (current !== undefined && current.length > 0) config.add(current.toString('utf8'), 'dockerconfigjson');
    if (older !== undefined && older.length > 0) config.add(older.toString('utf8'), 'dockercfg');
  }
  return config;
}

/** Those of `provider`, as the ServiceAccount or as the controller. Throws a stalled fault when that is not allowed. */
function cloudCredentials(
  { metadata: { namespace, name }, spec }: OCIRepository,
  { cloud, gates, defaultServiceAccount }: OciRepositoryDeps,
): CredentialSource | undefined {
  const { provider = 'generic', serviceAccountName } = spec;
  if (provider === 'generic') return undefined;
  if (isSet(serviceAccountName) && !gates.ObjectLevelWorkloadIdentity) {
    throw new Fault(
      'stalled',
      'FeatureGateDisabled',
      'to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
    );
  }
  const account = isSet(serviceAccountName) ? serviceAccountName : defaultServiceAccount;
  const request = {
    involved: { kind: 'OCIRepository', name, namespace, operation: 'reconcile' },
    ...(account === '' ? {} : { identity: { namespace, name: account, isDefault: !isSet(serviceAccountName) } }),
  };
  return ({ registry }, signal) => cloud.registries[provider].credentials(registry, request, cloud.tokens, signal);
}

async function readProxy(
  { metadata: { namespace }, spec }: OCIRepository,
  { client }: OciRepositoryDeps,
  signal: AbortSignal,
): Promise<HttpProxy | undefined> {
  if (spec.proxySecretRef === undefined) return undefined;
  const { name } = spec.proxySecretRef;
  try {
    const secret = await readSecret(client, { namespace, name }, signal);
    return proxyOfSecret(secret, `secret '${namespace}/${name}'`);
  } catch (error) {
    signal.throwIfAborted();
    const problem = error instanceof ProxyError ? error.message : secretProblem(`${namespace}/${name}`, error);
    throw authenticationFailed('failed to get proxy address', problem, error);
  }
}

async function readTls(
  { metadata: { namespace }, spec }: OCIRepository,
  { client }: OciRepositoryDeps,
  signal: AbortSignal,
): Promise<HttpTls | undefined> {
  if (spec.certSecretRef === undefined || spec.certSecretRef.name === '') return undefined;
  const about = `${namespace}/${spec.certSecretRef.name}`;
  try {
    const secret = await readSecret(client, { namespace, name: spec.certSecretRef.name }, signal);
    return tlsOfSecret(secret, about);
  } catch (error) {
    signal.throwIfAborted();
    const problem = error instanceof TlsSecretError ? error.message : secretProblem(about, error);
    throw authenticationFailed(`failed to generate transport for '${spec.url}'`, problem, error);
  }
}

function secretProblem(about: string, error: unknown): string {
  return isNotFound(error) ? `secret '${about}' not found` : `failed to get secret '${about}': ${errorMessage(error)}`;
}

function authenticationFailed(what: string, problem: string, cause?: unknown): Fault {
  return fetchFailed('retry', 'AuthenticationFailed', `${what}: ${problem}`, cause);
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}
