import type { OCIRepository } from '../../../crds/source/oci-repository.ts';
import type { ImageManifest } from '../../../oci/manifest.ts';
import { type Repository, repositoryName } from '../../../oci/reference.ts';
import type { RegistryClient } from '../../../oci/registry-client.ts';
import { determineReference } from './artifact-reference.ts';
import { ociFault } from './oci-faults.ts';

/** What the object's reference means at this moment. */
export interface Upstream {
  readonly repository: Repository;
  /** Of the manifest, `sha256:<hex>`. */
  readonly digest: string;
  /** As artifacts are named by it: `tag@sha256:<hex>`, or the digest alone. */
  readonly revision: string;
  /** `host/repo:tag` or `host/repo@digest`, for people. */
  readonly name: string;
}

/**
 * Asks the registry what the reference means: one request, one more for the list of tags where there is a range, none
 * for a digest. `signal` has the deadline. Throws Fault.
 */
export async function resolveUpstream(
  object: OCIRepository,
  repository: Repository,
  client: RegistryClient,
  signal: AbortSignal,
): Promise<Upstream> {
  const reference = await determineReference(object, repository, client, signal);
  if ('digest' in reference) {
    const { digest } = reference;
    return { repository, digest, revision: digest, name: `${repositoryName(repository)}@${digest}` };
  }
  const { tag } = reference;
  try {
    const { digest } = await client.resolve(repository, tag, signal);
    return { repository, digest, revision: `${tag}@${digest}`, name: `${repositoryName(repository)}:${tag}` };
  } catch (error) {
    throw ociFault(error, 'failed to determine artifact digest', 'OCIArtifactPullFailed', signal);
  }
}

/** The image that the digest names, of an index that for linux/amd64. `signal` has the deadline. Throws Fault. */
export async function fetchImage(
  { spec: { url } }: OCIRepository,
  { repository, digest }: Upstream,
  client: RegistryClient,
  signal: AbortSignal,
): Promise<ImageManifest> {
  try {
    return await client.image(repository, digest, signal);
  } catch (error) {
    throw ociFault(error, `failed to pull artifact from '${url}'`, 'OCIArtifactPullFailed', signal);
  }
}
