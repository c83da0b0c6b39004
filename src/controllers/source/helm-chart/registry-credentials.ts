import type { HelmRepository } from '../../../crds/source/helm-repository.ts';
import type { SecretData } from '../../../kube/secret.ts';
import type { CredentialSource, Credentials } from '../../../oci/credentials.ts';
import { DockerConfig } from '../../../oci/docker-config.ts';
import { OciError } from '../../../oci/oci-error.ts';
import type { Fault } from '../../../runtime/fault.ts';
import { fetchFailed } from '../faults.ts';
import type { Reached, RepositoryAccess } from '../helm/access.ts';
import type { HelmChartDeps } from './deps.ts';

/**
 * Whose credentials the registry of a HelmRepository is asked with: those of its Secret, else those of its cloud, for
 * that host alone; undefined for nobody's. Throws a fault (internal/helm/registry/auth.go, KeychainFromSecret).
 */
export function registryCredentials(
  object: Reached,
  { url, secret }: RepositoryAccess,
  { cloud }: Pick<HelmChartDeps, 'cloud'>,
): CredentialSource | undefined {
  const { host } = new URL(url.replace(/^oci:/, 'https:'));
  const { spec, metadata } = object;
  if (secret !== undefined) {
    const credentials = ofSecret(secret, spec.secretRef?.name ?? '', host);
    if (credentials === undefined) return undefined;
    return async ({ registry }) => (isHost(registry, host) ? credentials : undefined);
  }
  const provider = spec.provider ?? 'generic';
  if (provider === 'generic') return undefined;
  const { name, namespace } = metadata;
  const request = { involved: { kind: 'HelmRepository', name, namespace, operation: 'reconcile' } };
  return ({ registry }, signal) => cloud.registries[provider].credentials(registry, request, cloud.tokens, signal);
}

function ofSecret(secret: SecretData, name: string, host: string): Credentials | undefined {
  const config = secret.get('.dockerconfigjson');
  if (config !== undefined) return ofDockerConfig(config, name, host);
  const username = secret.get('username')?.toString('utf8') ?? '';
  const password = secret.get('password')?.toString('utf8') ?? '';
  if (username === '' && password === '') return undefined;
  if (username === '' || password === '')
    throw failed(`invalid '${name}' secret data: required fields 'username' and 'password'`);
  return { username, password };
}

function ofDockerConfig(text: Buffer, name: string, host: string): Credentials {
  const config = new DockerConfig();
  try {
    config.add(text.toString('utf8'), 'dockerconfigjson');
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    throw failed(`unable to load Docker config from Secret '${name}': ${error.message}`, error);
  }
  const credentials = config.credentialsFor({ registry: host, path: '' });
  if (credentials === undefined) throw failed(`no auth config for '${host}' in the docker-registry Secret '${name}'`);
  return credentials;
}

/** The Docker Hub has several names. */
function isHost(registry: string, host: string): boolean {
  const hub = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];
  return registry === host || (hub.includes(registry) && hub.includes(host));
}

function failed(problem: string, cause?: unknown): Fault {
  const message = `failed to configure OCI registry authentication: ${problem}`;
  return fetchFailed('retry', 'AuthenticationFailed', message, cause);
}

/** What a HelmRepository that no object describes is: a URL, and nothing else. */
export function bareRepository(url: string, namespace: string): Reached & Pick<HelmRepository, 'status'> {
  const type = url.startsWith('oci://') ? 'oci' : 'default';
  return { metadata: { name: '', namespace }, spec: { url, type, provider: 'generic', timeout: '60s' } };
}
