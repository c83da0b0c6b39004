import { allKinds } from '../../../crds/all.ts';
import type { Receiver } from '../../../crds/notification/receiver.ts';
import type { Client } from '../../../kube/client.ts';
import type { ResourceType } from '../../../kube/object.ts';

type Reference = Receiver['spec']['resources'][number];

/** Kinds that need no `apiVersion` (receiver_handlers.go, defaultFluxAPIVersions). */
const defaultVersions: Readonly<Record<string, string>> = {
  Bucket: 'source.toolkit.fluxcd.io/v1',
  HelmChart: 'source.toolkit.fluxcd.io/v1',
  HelmRepository: 'source.toolkit.fluxcd.io/v1',
  GitRepository: 'source.toolkit.fluxcd.io/v1',
  OCIRepository: 'source.toolkit.fluxcd.io/v1',
  ImageRepository: 'image.toolkit.fluxcd.io/v1',
  ArtifactGenerator: 'source.extensions.fluxcd.io/v1beta1',
};

/** The kind that a reference names, as the API server serves it. Throws an Error for a kind that it does not serve. */
export async function targetType(
  { apiVersion, kind }: Reference,
  client: Client,
  signal: AbortSignal,
): Promise<ResourceType> {
  const text = apiVersion || defaultVersions[kind];
  if (text === undefined) throw new Error(`apiVersion must be specified for kind "${kind}"`);
  const [first = '', second] = text.split('/');
  const gvk = second === undefined ? { group: '', version: first, kind } : { group: first, version: second, kind };
  const known = allKinds.find((own) => own.group === gvk.group && own.version === gvk.version && own.kind === kind);
  // What this project defines needs no look at the server.
  return known ?? client.discovery.resourceFor(gvk, { signal });
}
