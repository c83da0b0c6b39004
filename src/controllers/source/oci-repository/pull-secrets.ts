import type { Client } from '../../../kube/client.ts';
import { isNotFound } from '../../../kube/errors.ts';
import type { KubeObject, ObjectKey } from '../../../kube/object.ts';
import { readSecret, type SecretData } from '../../../kube/secret.ts';
import { serviceAccountType } from '../../../kube/service-accounts.ts';
import { withDeadline } from '../../../lib/async.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { isRecord } from '../../../lib/json.ts';
import type { Fault } from '../../../runtime/fault.ts';

const timeoutMs = 30_000;
/** More than any account has; each is a request. */
const maxSecrets = 50;

interface PullSecretsOptions {
  readonly fail: (problem: string, cause?: unknown) => Fault;
  readonly named: (names: readonly string[]) => void;
}

/**
 * The Secrets that a ServiceAccount names as its image pull secrets; `named` is told their names first. All must be
 * there. Throws what `fail` makes of upstream's words (fluxcd/pkg runtime/secrets/reader.go,
 * PullSecretsFromServiceAccountRef).
 */
export async function readPullSecrets(
  client: Client,
  key: Required<ObjectKey>,
  signal: AbortSignal,
  { fail, named }: PullSecretsOptions,
): Promise<readonly SecretData[]> {
  const account = `${key.namespace}/${key.name}`;
  const names = await readNames(client, key, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (isNotFound(error)) throw fail(`serviceaccount '${account}' not found`, error);
    throw fail(`failed to get serviceaccount '${account}': ${errorMessage(error)}`, error);
  });
  if (names.length > maxSecrets) {
    throw fail(`serviceaccount '${account}' has more than ${maxSecrets} image pull secrets`);
  }
  named(names);
  const secrets: SecretData[] = [];
  for (const name of names) {
    try {
      secrets.push(await readSecret(client, { namespace: key.namespace, name }, signal));
    } catch (error) {
      signal.throwIfAborted();
      const about = `${key.namespace}/${name}`;
      const problem = isNotFound(error)
        ? `secret '${about}' not found`
        : `failed to get secret '${about}': ${errorMessage(error)}`;
      throw fail(`failed to get image pull secret for serviceaccount '${account}': ${problem}`, error);
    }
  }
  return secrets;
}

async function readNames(client: Client, key: ObjectKey, signal: AbortSignal): Promise<readonly string[]> {
  const options = { signal: withDeadline(signal, timeoutMs) };
  const { imagePullSecrets } = await client.get<KubeObject>(serviceAccountType, key, options);
  const listed = Array.isArray(imagePullSecrets) ? imagePullSecrets.filter(isRecord) : [];
  return listed.flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
}
