import type { GitRepository } from '../../../crds/source/git-repository.ts';
import { authFromUrl, type GitAuth } from '../../../git/http-credentials.ts';
import type { Client } from '../../../kube/client.ts';
import { isNotFound } from '../../../kube/errors.ts';
import { readSecret, type SecretData, secretText } from '../../../kube/secret.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { HttpProxy, HttpTls } from '../../../net/http-agents.ts';
import { proxyOfSecret } from '../../../net/proxy-secret.ts';
import type { Fault } from '../../../runtime/fault.ts';
import { fetchFailed } from '../faults.ts';
import { githubAppUnsupported } from './unsupported.ts';

/** How a repository is reached. */
export interface Access {
  readonly url: string;
  readonly auth?: GitAuth;
  readonly tls?: HttpTls;
  readonly proxy?: HttpProxy;
}

const githubAppId = 'githubAppID';

/**
 * Reads what the object's Secrets say of how to reach the repository, in upstream's order and words
 * (gitrepository_controller.go, reconcileSource and getAuthOpts; fluxcd/pkg git/options.go, NewAuthOptions).
 */
export async function readAccess(object: GitRepository, client: Client, signal: AbortSignal): Promise<Access> {
  const { spec } = object;
  const proxy =
    spec.proxySecretRef === undefined ? undefined : await readProxy(object, spec.proxySecretRef.name, client, signal);
  const url = parseUrl(spec.url);
  const secret =
    spec.secretRef === undefined ? undefined : await readCredentials(object, spec.secretRef.name, client, signal);
  const auth = authOf(url, secret ?? new Map());
  checkProvider(object, secret);
  const tls = secret === undefined ? undefined : tlsOf(secret);
  return {
    url: spec.url,
    ...(auth === undefined ? {} : { auth }),
    ...(tls === undefined ? {} : { tls }),
    ...(proxy === undefined ? {} : { proxy }),
  };
}

function parseUrl(text: string): URL {
  if (!URL.canParse(text)) {
    throw fetchFailed('stalled', 'URLInvalid', `failed to parse url '${text}': it is not a valid URL`);
  }
  return new URL(text);
}

async function readCredentials(
  object: GitRepository,
  name: string,
  client: Client,
  signal: AbortSignal,
): Promise<SecretData> {
  const { namespace } = object.metadata;
  try {
    return await readSecret(client, { namespace, name }, signal);
  } catch (error) {
    signal.throwIfAborted();
    const context = `failed to get secret '${namespace}/${name}'`;
    throw authenticationFailed(`${context}: ${context}: ${errorMessage(error)}`, error);
  }
}

/** A bearer token goes before a user name; what the Secret does not say, the URL may. */
function authOf(url: URL, secret: SecretData): GitAuth | undefined {
  if (secret.has('bearerToken')) return { bearerToken: secretText(secret, 'bearerToken') };
  const inUrl = { username: '', password: '', ...authFromUrl(url) };
  const username = secretText(secret, 'username') || inUrl.username;
  const password = secretText(secret, 'password') || inUrl.password;
  if (username === '' && password !== '') {
    const scheme = url.protocol.slice(0, -1);
    const problem = `invalid '${scheme}' auth option: 'password' requires 'username' to be set`;
    throw authenticationFailed(`failed to configure authentication options: ${problem}`);
  }
  return username === '' ? undefined : { username, password };
}

function tlsOf(secret: SecretData): HttpTls | undefined {
  const ca = nonEmpty(secret.get('ca.crt')) ?? nonEmpty(secret.get('caFile'));
  const cert = nonEmpty(secret.get('tls.crt'));
  const key = nonEmpty(secret.get('tls.key'));
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  if ((cert === undefined) !== (key === undefined)) {
    const [has, lacks] = cert === undefined ? ['tls.key', 'tls.crt'] : ['tls.crt', 'tls.key'];
    throw authenticationFailed(
      `failed to configure authentication options: the Secret has '${has}' but not '${lacks}'`,
    );
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function checkProvider({ metadata, spec }: GitRepository, secret: SecretData | undefined): void {
  const hasApp = nonEmpty(secret?.get(githubAppId)) !== undefined;
  if (spec.provider === 'github') {
    const message = 'secretRef with github app data must be specified when provider is set to github';
    if (secret === undefined) throw fetchFailed('stalled', 'InvalidProviderConfiguration', message);
    throw hasApp ? githubAppUnsupported() : fetchFailed('retry', 'InvalidProviderConfiguration', message);
  }
  if (hasApp) {
    const name = `${metadata.namespace}/${spec.secretRef?.name}`;
    const message = `secretRef '${name}' has github app data but provider is not set to github`;
    throw fetchFailed('retry', 'InvalidProviderConfiguration', message);
  }
}

/** fluxcd/pkg runtime/secrets/converter.go, ProxyURLFromSecret. */
async function readProxy(object: GitRepository, name: string, client: Client, signal: AbortSignal): Promise<HttpProxy> {
  const { namespace } = object.metadata;
  const fail = (problem: string, cause?: unknown): Fault =>
    authenticationFailed(`failed to configure proxy options: ${problem}`, cause);
  const secret = await readSecret(client, { namespace, name }, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    const problem = isNotFound(error)
      ? `secret '${namespace}/${name}' not found`
      : `failed to get secret '${namespace}/${name}': ${errorMessage(error)}`;
    throw fail(problem, error);
  });
  try {
    return proxyOfSecret(secret, `secret '${namespace}/${name}'`);
  } catch (error) {
    throw fail(errorMessage(error), error);
  }
}

function authenticationFailed(message: string, cause?: unknown): Fault {
  return fetchFailed('retry', 'AuthenticationFailed', message, cause);
}

function nonEmpty(bytes: Buffer | undefined): Buffer | undefined {
  return bytes === undefined || bytes.length === 0 ? undefined : bytes;
}
