import { isRecord } from '../lib/json.ts';
import type { ListOptions } from './client.ts';
import { ApiError, TransportError } from './errors.ts';
import { hasMetadata, listItem, metadataListAccept, partialObject } from './metadata.ts';
import type { PartialObject, ResourceType } from './object.ts';
import type { ApiRequest, Requester } from './requester.ts';
import { collectionPath, withQuery } from './resource-path.ts';

/** What listing and watching send with: the identity's requester and what all its requests have in common. */
export interface ListDeps {
  readonly requester: Requester;
  readonly about: Pick<ApiRequest, 'headers' | 'resource' | 'signal' | 'timeoutMs'>;
}

/** A collection as of one resource version. */
export interface Listed<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

/** client-go's page size (k8s.io/client-go tools/pager). */
const pageSize = 500;
/** How often a list starts over in pages because its snapshot expired; after that it is read in one piece. */
const maxRestarts = 2;

/**
 * All pages of a collection. A snapshot that expires between two pages (410) starts the list over; the third time it
 * is read without pages, as client-go's pager does. `each` is applied to every item as its page arrives.
 */
export async function listAll<T extends PartialObject>(
  deps: ListDeps,
  type: ResourceType,
  options: ListOptions,
  metadataOnly: boolean,
  each: (item: T) => T = (item) => item,
): Promise<Listed<T>> {
  for (let restarts = 0; ; restarts++) {
    const limit = restarts < maxRestarts ? pageSize : undefined;
    try {
      return await listPages(deps, type, options, metadataOnly, each, limit);
    } catch (error) {
      if (!(error instanceof ApiError && error.isExpired) || limit === undefined) throw error;
    }
  }
}

async function listPages<T extends PartialObject>(
  deps: ListDeps,
  type: ResourceType,
  options: ListOptions,
  metadataOnly: boolean,
  each: (item: T) => T,
  limit: number | undefined,
): Promise<Listed<T>> {
  const items: T[] = [];
  let resume: string | undefined;
  for (;;) {
    const request: ApiRequest = {
      method: 'GET',
      idempotent: true,
      path: withQuery(collectionPath(type, options.namespace), { ...selectors(options), limit, continue: resume }),
      ...(metadataOnly ? { accept: metadataListAccept } : {}),
      ...deps.about,
    };
    const page = pageOf((await deps.requester.json(request)).value, request);
    for (const item of page.items) {
      if (!hasMetadata(item)) throw badAnswer(request);
      items.push(each((metadataOnly ? partialObject(item, type) : listItem(item, type)) as T));
    }
    if (page.resume === undefined) return { items, resourceVersion: page.resourceVersion };
    resume = page.resume;
  }
}

/** The parameters that choose objects. */
export function selectors({ labelSelector, fieldSelector }: ListOptions): Record<string, string | undefined> {
  return { labelSelector: labelSelector || undefined, fieldSelector: fieldSelector || undefined };
}

interface Page {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly resourceVersion: string;
  readonly resume: string | undefined;
}

function pageOf(value: unknown, request: ApiRequest): Page {
  if (!isRecord(value) || !isRecord(value['metadata'])) throw badAnswer(request);
  const { resourceVersion, continue: resume } = value['metadata'];
  // An empty list of a Go server is null.
  const items: unknown = value['items'] ?? [];
  if (!Array.isArray(items) || !items.every(isRecord)) throw badAnswer(request);
  return {
    items,
    resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : '',
    resume: typeof resume === 'string' && resume !== '' ? resume : undefined,
  };
}

function badAnswer({ method, path }: ApiRequest): TransportError {
  return new TransportError(`${method} ${path}: the answer is no list of objects`, { code: 'BadAnswer' });
}
