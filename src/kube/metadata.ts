import { isRecord } from '../lib/json.ts';
import type { PartialObject, ResourceType } from './object.ts';

/** Asks for `PartialObjectMetadata`, of objects and of events; a server that knows none answers with whole objects. */
export const metadataAccept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';

/** The same of a list. */
export const metadataListAccept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

/** The name of a type's apiVersion. */
export function apiVersionOf({ group, version }: Pick<ResourceType, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}

/**
 * An object with nothing but its metadata, under its own apiVersion and kind: `PartialObjectMetadata` tells neither,
 * and who reads it wants to know what it is (as controller-runtime's metadata client does).
 */
export function partialObject(object: PartialObject, type: ResourceType): PartialObject {
  return { apiVersion: apiVersionOf(type), kind: type.kind, metadata: object.metadata };
}

/** An item of a list, which the API server sends without apiVersion and kind, with both. */
export function listItem<T extends PartialObject>(item: Readonly<Record<string, unknown>>, type: ResourceType): T {
  const { apiVersion = apiVersionOf(type), kind = type.kind, ...rest } = item;
  return { apiVersion, kind, ...rest } as unknown as T;
}

/** Whether `value` can be a Kubernetes object. */
export function hasMetadata(value: unknown): value is PartialObject {
  return isRecord(value) && isRecord(value['metadata']);
}
