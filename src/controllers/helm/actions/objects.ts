import type { Entry } from '../../../apply/inventory.ts';
import { toEntry } from '../../../apply/inventory.ts';
import { withMetadata } from '../../../apply/metadata.ts';
import { keyOf, type ObjectRef, refOf, splitApiVersion } from '../../../apply/object-ref.ts';
import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import type { Client } from '../../../kube/client.ts';
import { isNoMatch } from '../../../kube/errors.ts';
import type { KubeObject, ObjectKey, ResourceType } from '../../../kube/object.ts';
import { withDeadline } from '../../../lib/async.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { isRecord } from '../../../lib/json.ts';
import { parseYamlDocuments } from '../../../yaml/parse.ts';

/** An object of a release, and how the API server is asked for it. */
export interface ReleaseObject {
  /** As it is sent. */
  readonly object: KubeObject;
  readonly type: ResourceType;
  readonly ref: ObjectRef;
  readonly key: ObjectKey;
}

/** Which release an object belongs to. */
export type ReleaseName = Pick<ReleaseRecord, 'name' | 'namespace'>;

/** What a manifest holds is no object, or of a kind that the API server does not serve. The message is Helm's. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}

const discoveryMs = 30_000;

export interface BuildOptions {
  readonly client: Client;
  /** Where objects are that name no namespace, and live in one. */
  readonly namespace: string;
  readonly signal: AbortSignal;
}

/** What a manifest holds. */
export interface BuiltObjects {
  readonly items: readonly ReleaseObject[];
  /** Objects of kinds that the API server does not serve, and Helm's message of each. */
  readonly unserved: readonly { readonly object: KubeObject; readonly message: string }[];
}

/**
 * The objects of a manifest, lists flattened, those of namespaced kinds in `namespace` unless they name one themselves
 * (pkg/kube/client.go, Build). Throws {@link BuildError}, or the reason of the signal.
 */
export async function buildObjects(manifest: string, options: BuildOptions): Promise<readonly ReleaseObject[]> {
  const { items, unserved } = await buildEach(manifest, options);
  if (unserved.length > 0) throw unservedError(unserved);
  return items;
}

/** The same, with what is not served apart. */
export async function buildEach(manifest: string, { client, namespace, signal }: BuildOptions): Promise<BuiltObjects> {
  const types = new Map<string, Promise<ResourceType>>();
  const unserved: { object: KubeObject; message: string }[] = [];
  const items: ReleaseObject[] = [];
  for (const object of parse(manifest).flatMap(flatten).map(asObject)) {
    const { group, version } = splitApiVersion(object.apiVersion);
    const gvk = { group, version, kind: object.kind };
    const resolved = types.getOrInsertComputed(`${object.apiVersion}/${object.kind}`, () =>
      client.discovery.resourceFor(gvk, { signal: withDeadline(signal, discoveryMs) }),
    );
    try {
      items.push(located(object, await resolved, namespace));
    } catch (error) {
      signal.throwIfAborted();
      if (!isNoMatch(error)) throw new BuildError(`unable to recognize "": ${errorMessage(error)}`, { cause: error });
      unserved.push({ object, message: unmapped(object, error) });
    }
  }
  return { items, unserved };
}

/** What Helm says when it meets kinds that are not served. */
export function unservedError(unserved: BuiltObjects['unserved']): BuildError {
  return new BuildError(aggregate([...new Set(unserved.map(({ message }) => message))]));
}

/** k8s.io/cli-runtime pkg/resource, mapper.go. */
function unmapped({ metadata }: KubeObject, error: Error): string {
  const { name, namespace = '' } = metadata;
  return `resource mapping not found for name: ${JSON.stringify(name)} namespace: ${JSON.stringify(namespace)} from "": ${error.message}\nensure CRDs are installed first`;
}

/** Several errors as k8s.io/apimachinery shows them (util/errors, Aggregate). */
function aggregate(messages: readonly string[]): string {
  return messages.length === 1 ? messages.join() : `[${messages.join(', ')}]`;
}

function parse(manifest: string): readonly unknown[] {
  try {
    return parseYamlDocuments(manifest).filter((document) => document !== null);
  } catch (error) {
    throw new BuildError(`error parsing : error converting YAML to JSON: ${errorMessage(error)}`, { cause: error });
  }
}

function flatten(document: unknown): readonly unknown[] {
  if (!isRecord(document)) return [document];
  const { kind, items } = document;
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)
    ? items.flatMap(flatten)
    : [document];
}

function asObject(document: unknown): KubeObject {
  if (!isRecord(document)) throw new BuildError(`error parsing : ${JSON.stringify(document)} is no object`);
  const { apiVersion, kind, metadata } = document;
  if (typeof kind !== 'string' || kind === '') throw new BuildError(missing('Kind', document));
  if (typeof apiVersion !== 'string' || apiVersion === '') throw new BuildError(missing('apiVersion', document));
  const name = isRecord(metadata) ? metadata['name'] : undefined;
  if (typeof name !== 'string' || name === '') throw new BuildError('resource name may not be empty');
  return withoutEmptyTexts(document as KubeObject);
}

function missing(field: string, document: unknown): string {
  return `Object '${field}' is missing in '${JSON.stringify(document)}'`;
}

/** `labels:` and `annotations:` with nothing below them are null, which nobody can add to. */
function withoutEmptyTexts(object: KubeObject): KubeObject {
  const { labels, annotations, namespace, ...metadata }: Readonly<Record<string, unknown>> = { ...object.metadata };
  const kept = {
    ...metadata,
    ...(isRecord(labels) ? { labels } : {}),
    ...(isRecord(annotations) ? { annotations } : {}),
    ...(typeof namespace === 'string' && namespace !== '' ? { namespace } : {}),
  };
  return { ...object, metadata: kept as KubeObject['metadata'] };
}

/** An object of a kind that is served. */
export function located(object: KubeObject, type: ResourceType, namespace: string): ReleaseObject {
  const own = object.metadata.namespace ?? '';
  const placed = type.namespaced && own === '' ? { ...object, metadata: { ...object.metadata, namespace } } : object;
  const ref = type.namespaced ? refOf(placed) : { ...refOf(placed), namespace: '' };
  return { object: placed, type, ref, key: keyOf(ref) };
}

/** Labels and annotations by which Helm knows what is its own (pkg/action/validate.go, setMetadataVisitor). */
export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const RELEASE_NAME = 'meta.helm.sh/release-name';
export const RELEASE_NAMESPACE = 'meta.helm.sh/release-namespace';

/** The objects with what makes them the release's. */
export function ownedBy(objects: readonly ReleaseObject[], { name, namespace }: ReleaseName): readonly ReleaseObject[] {
  const annotations = { [RELEASE_NAME]: name, [RELEASE_NAMESPACE]: namespace };
  return objects.map((item) => ({ ...item, object: withMetadata(item.object, { [MANAGED_BY]: 'Helm' }, annotations) }));
}

/** The objects as an inventory names them. */
export function entriesOf(objects: readonly ReleaseObject[]): readonly Entry[] {
  return objects.map(({ ref }) => toEntry(ref));
}

/** Group, version and kind as Go prints them. */
export function gvkText({ group, version, kind }: ResourceType): string {
  return `${group}/${version}, Kind=${kind}`;
}
