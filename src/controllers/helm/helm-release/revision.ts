import type { Artifact } from '../../../crds/meta/artifact.ts';
import { parseLooseVersion } from '../../../lib/semver-version.ts';

/** The version and digest that a source's revision gives to a chart. */
export interface ChartRevision {
  /** Takes the place of the chart's version; undefined: it stays. */
  readonly version: string | undefined;
  /** Of the artifact that the chart came in; '' where the source tells none. */
  readonly digest: string;
}

/** The revision of a source does not go with the chart in it. */
export class RevisionError extends Error {}

const SHOWN = 12;

/**
 * What the revision of an OCIRepository or ExternalArtifact makes of a chart's version: the beginning of its digest is
 * added as build metadata, so that a tag that was moved is a change (helmrelease_controller.go,
 * mutateChartWithSourceRevision). Throws {@link RevisionError}.
 *
 * @param track false with the feature gate DisableChartDigestTracking
 */
export function chartRevision(
  { kind, revision }: { readonly kind: string } & Pick<Artifact, 'revision'>,
  version: string,
  track: boolean,
): ChartRevision {
  const isDigested = kind === 'OCIRepository' || (kind === 'ExternalArtifact' && revision.includes(':'));
  if (!isDigested) return { version: undefined, digest: '' };
  const parsed = parseLooseVersion(version);
  if (parsed === undefined) throw new RevisionError(`invalid chart version ${version}`);
  const [tag = '', digest, ...rest] = revision.split('@');
  const tagVersion = parseLooseVersion(digest === undefined ? revision : tag.replaceAll('_', '+'));
  let from = revision;
  if (tagVersion !== undefined) {
    if (digest === undefined || rest.length > 0 || comparable(tagVersion) !== comparable(parsed))
      throw new RevisionError(`artifact revision ${tag} does not match chart version ${version}`);
    from = digest;
  }
  const hex = from.split(':');
  const shown = hex[1]?.slice(0, SHOWN) ?? '';
  if (hex.length !== 2 || shown.length < SHOWN) throw new RevisionError(`invalid artifact revision ${from}`);
  return { version: track ? `${comparable(parsed)}+${shown}` : undefined, digest: from };
}

/** The digest in a revision, `tag@digest` or a digest alone (extractDigest); '' when it cannot be told. */
export function digestIn(revision: string): string {
  const parts = revision.split('@');
  if (parts.length === 1) return revision;
  return parts.length === 2 ? (parts[1] ?? '') : '';
}

/** Without build metadata, by which versions are not told apart. */
function comparable({ major, minor, patch, prerelease }: NonNullable<ReturnType<typeof parseLooseVersion>>): string {
  return `${major}.${minor}.${patch}${prerelease === '' ? '' : `-${prerelease}`}`;
}
