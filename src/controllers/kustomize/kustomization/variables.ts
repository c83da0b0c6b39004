import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { Client } from '../../../kube/client.ts';
import { configMapType } from '../../../kube/config-map.ts';
import { isNotFound } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { secretType } from '../../../kube/secret.ts';
import { errorMessage, isAbort } from '../../../lib/errors.ts';

type Reference = NonNullable<NonNullable<Kustomization['spec']['postBuild']>['substituteFrom']>[number];

/** The variables, or what went wrong when they were read: only an object that is substituted sees it. */
export type Variables = ReadonlyMap<string, string> | Error;

/**
 * The variables of `spec.postBuild`: those of substituteFrom in order, later ones winning, then the inline ones, which
 * win over all. Line breaks are taken out of the values (fluxcd/pkg kustomize_varsub.go, LoadVariables).
 *
 * @returns undefined when the Kustomization has no postBuild at all
 */
export async function variablesOf(
  { namespace, postBuild }: { readonly namespace: string; readonly postBuild: Kustomization['spec']['postBuild'] },
  client: Client,
  signal: AbortSignal,
): Promise<Variables | undefined> {
  if (postBuild === undefined) return undefined;
  const variables = new Map<string, string>();
  const add = (name: string, value: string): Map<string, string> => variables.set(name, value.replaceAll('\n', ''));
  try {
    for (const reference of postBuild.substituteFrom ?? []) {
      for (const [name, value] of await readData(reference, namespace, client, signal)) add(name, value);
    }
  } catch (error) {
    if (isAbort(error)) throw error;
    return error instanceof Error ? error : new Error(errorMessage(error));
  }
  for (const [name, value] of Object.entries(postBuild.substitute ?? {})) add(name, value);
  return variables;
}

async function readData(
  reference: Reference,
  namespace: string,
  client: Client,
  signal: AbortSignal,
): Promise<readonly (readonly [string, string])[]> {
  const secret = reference.kind === 'Secret';
  try {
    const found = await client.get<KubeObject & { readonly data?: Readonly<Record<string, string>> }>(
      secret ? secretType : configMapType,
      { namespace, name: reference.name },
      { signal },
    );
    const decode = (value: string): string => (secret ? Buffer.from(value, 'base64').toString('utf8') : value);
    return Object.entries(found.data ?? {}).map(([name, value]) => [name, decode(value)]);
  } catch (error) {
    if (reference.optional === true && isNotFound(error)) return [];
    throw new Error(`substitute from '${reference.kind}/${reference.name}' error: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}
