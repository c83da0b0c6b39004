import { type ApiClient, ApiFailure, type ApiObject } from '../../test/support/api-client.ts';
import { waitFor } from '../../test/support/wait-for.ts';

interface Served {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** Objects of all kinds that a server lists: everywhere, or in one namespace. */
export async function listAll(
  client: ApiClient,
  { namespace, labelSelector }: { readonly namespace?: string; readonly labelSelector?: string },
): Promise<readonly ApiObject[]> {
  const { groups } = await client.call<{ groups: { preferredVersion: { groupVersion: string } }[] }>('GET', '/apis');
  const versions = ['v1', ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
  const query = labelSelector === undefined ? {} : { labelSelector };
  const found: ApiObject[] = [];
  for (const apiVersion of versions) {
    const base = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
    const { resources } = await ask<{ resources: Served[] }>(client, base, { resources: [] });
    for (const { name, kind, namespaced, verbs } of resources) {
      if (!verbs.includes('list') || name.includes('/') || (namespace !== undefined && !namespaced)) continue;
      const path = namespace === undefined ? `${base}/${name}` : `${base}/namespaces/${namespace}/${name}`;
      const { items } = await ask<{ items: Omit<ApiObject, 'apiVersion' | 'kind'>[] }>(
        client,
        path,
        { items: [] },
        query,
      );
      found.push(...items.map((item) => ({ ...item, apiVersion, kind }) as ApiObject));
    }
  }
  return found;
}

/** `none` for what has just gone, or has nobody behind it. A kind that has just come answers after a while. */
function ask<T extends object>(
  client: ApiClient,
  path: string,
  none: T,
  query: Readonly<Record<string, string>> = {},
): Promise<T> {
  const answer = async (): Promise<T> => {
    try {
      return await client.call<T>('GET', path, { query });
    } catch (error) {
      if (error instanceof ApiFailure && (error.status === 404 || error.status === 503)) return none;
      throw error;
    }
  };
  return waitFor(answer, `an answer to ${path}`) as Promise<T>;
}
