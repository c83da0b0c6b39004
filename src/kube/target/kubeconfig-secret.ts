import { errorMessage, isAbort } from '../../lib/errors.ts';
import { isRecord } from '../../lib/json.ts';
import type { Client } from '../client.ts';
import { KubeconfigError } from '../kubeconfig-error.ts';
import type { ResourceType } from '../object.ts';

/** `spec.kubeConfig.secretRef`. */
export interface KubeconfigSecretRef {
  readonly name: string;
  readonly key?: string;
}

const secretType: ResourceType = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };

/**
 * The kubeconfig in a Secret: under the given key, else under `value`, else under `value.yaml`. Throws KubeconfigError
 * in the words of fluxcd/pkg runtime/client/impersonator.go, getRESTConfigFromSecret.
 */
export async function kubeconfigFromSecret(
  client: Client,
  namespace: string,
  { name, key }: KubeconfigSecretRef,
  signal: AbortSignal,
): Promise<string> {
  const named = `'${namespace}/${name}'`;
  let data: unknown;
  try {
    ({ data } = await client.get(secretType, { namespace, name }, { signal }));
  } catch (cause) {
    if (isAbort(cause)) throw cause;
    throw new KubeconfigError(`unable to read KubeConfig secret ${named} error: ${errorMessage(cause)}`, { cause });
  }
  const entries = isRecord(data) ? data : {};
  const keys = key === undefined || key === '' ? ['value', 'value.yaml'] : [key];
  const found = keys.map((candidate) => entries[candidate]).find((value) => typeof value === 'string');
  if (typeof found === 'string') return Buffer.from(found, 'base64').toString('utf8');
  throw new KubeconfigError(`KubeConfig secret ${named} does not contain a '${keys[0]}' key with a kubeconfig`);
}
