import { bucketKind } from '../../../crds/source/bucket.ts';
import { externalArtifactKind } from '../../../crds/source/external-artifact.ts';
import { gitRepositoryKind } from '../../../crds/source/git-repository.ts';
import { ociRepositoryKind } from '../../../crds/source/oci-repository.ts';
import type { Client } from '../../../kube/client.ts';
import { isNotFound } from '../../../kube/errors.ts';
import type { ObjectKey, ResourceType } from '../../../kube/object.ts';
import { withDeadline } from '../../../lib/async.ts';
import type { SourceKind } from './source.ts';
import type { SourceObject } from './watch.ts';

const types: Readonly<Record<SourceKind, ResourceType>> = {
  GitRepository: gitRepositoryKind,
  OCIRepository: ociRepositoryKind,
  Bucket: bucketKind,
  ExternalArtifact: externalArtifactKind,
};

const requestMs = 30_000;

/**
 * A source as the API server has it now, past every cache (feature gate DirectSourceFetch); undefined when there is
 * none. Throws ApiError or TransportError.
 */
export async function readSource(
  client: Client,
  kind: SourceKind,
  key: Required<ObjectKey>,
  signal: AbortSignal,
): Promise<SourceObject | undefined> {
  try {
    return await client.get<SourceObject>(types[kind], key, { signal: withDeadline(signal, requestMs) });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
