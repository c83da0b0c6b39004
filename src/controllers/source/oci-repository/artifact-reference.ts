import { RE2JS, RE2JSSyntaxException } from 're2js';
import type { OCIRepository } from '../../../crds/source/oci-repository.ts';
import { parseSemverRange, type SemverRange } from '../../../lib/semver-range.ts';
import { compareVersions, parseTagVersion, type Version } from '../../../lib/semver-version.ts';
import { OciError } from '../../../oci/oci-error.ts';
import { checkDigest, checkTag, ociPrefix, parseRepository, type Repository } from '../../../oci/reference.ts';
import type { RegistryClient } from '../../../oci/registry-client.ts';
import { fetchFailed } from '../faults.ts';
import { helmLayerType } from './layer.ts';
import { ociFault } from './oci-faults.ts';

/** What is to be fetched: a digest, or what a tag means. */
export type ArtifactReference = { readonly digest: string } | { readonly tag: string };

/** The repository that `spec.url` names. Throws a stalled fault (ocirepository_controller.go, parseRepository). */
export function repositoryOf({ spec: { url } }: OCIRepository): Repository {
  try {
    if (!url.startsWith(ociPrefix)) {
      throw new OciError('InvalidReference', "URL must be in format 'oci://<domain>/<org>/<repo>'");
    }
    return parseRepository(url.slice(ociPrefix.length));
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    throw fetchFailed('stalled', 'URLInvalid', `URL validation failed for '${url}': ${error.message}`, error);
  }
}

/**
 * What `spec.ref` asks for: the digest, else the highest version in the range, else the tag, else `latest`. Asks the
 * registry for its tags when there is a range. Throws Fault (ocirepository_controller.go, getArtifactRef).
 */
export async function determineReference(
  { spec }: OCIRepository,
  repository: Repository,
  client: Pick<RegistryClient, 'listTags'>,
  signal: AbortSignal,
): Promise<ArtifactReference> {
  const { digest = '', semver = '', semverFilter = '', tag = '' } = spec.ref ?? {};
  if (digest !== '') return { digest: checked(() => checkDigest(digest)) };
  if (semver === '') return { tag: checked(() => checkTag(tag === '' ? 'latest' : tag)) };
  const what = `failed to determine the artifact tag for '${spec.url}'`;
  try {
    const tags = await client.listTags(repository, signal);
    const isChart = spec.layerSelector?.mediaType === helmLayerType;
    return { tag: bestTag(filterTags(tags, semverFilter), { range: semver, isChart }) };
  } catch (error) {
    throw ociFault(error, what, 'ReadOperationFailed', signal);
  }
}

/** A tag or digest that cannot be one is told as the registry's refusal of it would be. */
function checked(check: () => string): string {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    const message = `failed to determine artifact digest: ${error.message}`;
    throw fetchFailed('retry', 'OCIArtifactPullFailed', message, error);
  }
}

/** Those that the expression matches anywhere (RE2: no expression takes long). Throws OciError. */
export function filterTags(tags: readonly string[], filter: string): readonly string[] {
  if (filter === '') return tags;
  try {
    const pattern = RE2JS.compile(filter);
    return tags.filter((tag) => pattern.matcher(tag).find());
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw new OciError('InvalidReference', error.message, { cause: error });
  }
}

/**
 * The tag with the highest version in the range; of equal versions the one that comes last by name. Charts have `_` in
 * their tags where versions have `+`. Throws OciError (ocirepository_controller.go, getTagBySemver).
 */
export function bestTag(
  tags: readonly string[],
  { range, isChart }: { readonly range: string; readonly isChart: boolean },
): string {
  const parsed = parseRange(range);
  let best: { readonly tag: string; readonly version: Version } | undefined;
  for (const tag of tags) {
    const version = parseTagVersion(isChart ? tag.replaceAll('_', '+') : tag);
    if (version === undefined || !parsed.includes(version)) continue;
    const order = best === undefined ? 1 : compareVersions(version, best.version);
    if (best === undefined || order > 0 || (order === 0 && tag > best.tag)) best = { tag, version };
  }
  if (best === undefined) throw new OciError('NotFound', `no match found for semver: ${range}`);
  return best.tag;
}

function parseRange(range: string): SemverRange {
  try {
    return parseSemverRange(range);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new OciError('InvalidReference', `semver '${range}' parse error: ${error.message}`, { cause: error });
  }
}
