import type { Client } from '../kube/client.ts';
import { isNoMatch } from '../kube/errors.ts';
import type { ResourceType } from '../kube/object.ts';
import { isRecord } from '../lib/json.ts';
import { textAt, valueAt } from './kstatus-fields.ts';
import { type ObjectRef, splitApiVersion } from './object-ref.ts';

const crdType: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};
const apiServiceType: ResourceType = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  namespaced: false,
};

/**
 * What to make of an object whose kind the API server does not serve in the version of its inventory entry: another
 * version of the kind; `gone` when neither a CRD nor an API service can hold such an object any more, because then it
 * went with its kind; undefined when that cannot be told (the kind may be back in a moment).
 *
 * Differs from Flux (docs/adr/0010), where such an entry makes every prune fail for ever once the controller has been
 * restarted.
 */
export async function servedInstead(
  ref: ObjectRef,
  client: Client,
  signal: AbortSignal,
): Promise<ResourceType | 'gone' | undefined> {
  try {
    const other = await otherVersion(ref, client, signal);
    if (other !== undefined) return other;
    // Kinds of Kubernetes' own come and go with its version, and their objects may stay in etcd.
    if (!ref.group.includes('.') || ref.group.endsWith('.k8s.io')) return undefined;
    return (await isDefined(ref, client, signal)) || (await isAggregated(ref, client, signal)) ? undefined : 'gone';
  } catch {
    return undefined;
  }
}

/** Group and kind are what makes an object itself; by which version it is deleted does not matter. */
async function otherVersion(ref: ObjectRef, client: Client, signal: AbortSignal): Promise<ResourceType | undefined> {
  for (const apiVersion of await client.discovery.groupVersions({ signal })) {
    const { group, version } = splitApiVersion(apiVersion);
    if (group !== ref.group || version === ref.version) continue;
    try {
      return await client.discovery.resourceFor({ group, version, kind: ref.kind }, { signal });
    } catch (error) {
      if (!isNoMatch(error)) throw error;
    }
  }
  return undefined;
}

/** Whether a CRD of the group has the kind, served or not. */
async function isDefined(ref: ObjectRef, client: Client, signal: AbortSignal): Promise<boolean> {
  const all = await client.listMetadata(crdType, { signal });
  for (const { metadata } of all.filter(({ metadata: { name } }) => name.endsWith(`.${ref.group}`))) {
    const crd = await client.get(crdType, { name: metadata.name }, { signal });
    if (textAt(crd, ['spec', 'names', 'kind']) === ref.kind) return true;
  }
  return false;
}

/** Whether another server answers for the group. CRDs have API services too, but those name no service. */
async function isAggregated(ref: ObjectRef, client: Client, signal: AbortSignal): Promise<boolean> {
  const all = await client.listMetadata(apiServiceType, { signal });
  for (const { metadata } of all.filter(({ metadata: { name } }) => name.endsWith(`.${ref.group}`))) {
    const found = await client.get(apiServiceType, { name: metadata.name }, { signal });
    if (isRecord(valueAt(found, ['spec', 'service']))) return true;
  }
  return false;
}
