import { parseLooseVersion } from '../../../lib/semver-version.ts';
import { BuildError } from './build-error.ts';

/** What stands of a commit or digest in a version: versions get into labels, which have 63 characters at most. */
const shortLength = 12;

/**
 * The version with this behind its plus, in place of what stood there; without metadata as it is. Throws BuildError
 * (Masterminds/semver SetMetadata).
 */
export function withMetadata(version: string, metadata: string): string {
  if (metadata === '') return version;
  const parsed = parseLooseVersion(version);
  if (parsed === undefined) {
    const problem = 'failed to parse version from chart metadata as SemVer: invalid semantic version';
    throw new BuildError('MetadataPatchError', problem);
  }
  const { major, minor, patch, prerelease } = parsed;
  return `${major}.${minor}.${patch}${prerelease === '' ? '' : `-${prerelease}`}+${metadata}`;
}

/** What of a source's revision gets into a version: the beginning of the commit or digest. */
export function shortRevision(revision: string): string {
  return revision.slice(revision.lastIndexOf(':') + 1).slice(0, shortLength);
}
