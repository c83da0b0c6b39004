import { parseSemverRange, type SemverRange } from '../lib/semver-range.ts';
import { compareVersions, parseTagVersion, type Version } from '../lib/semver-version.ts';
import type { Ref } from './advertisement.ts';
import { parseCommit } from './commit.ts';
import { GitError } from './errors.ts';
import { readObject } from './object-store.ts';
import type { Remote } from './remote.ts';

interface Candidate {
  readonly ref: Ref;
  readonly version: Version;
}

const tagPrefix = 'refs/tags/';

/**
 * The tag with the highest version in the range; undefined when there is none. Versions that differ by build metadata
 * only are equal: of those the tag whose commit is youngest wins (fluxcd/pkg git/gogit clone.go, cloneSemVer), and for
 * that alone their commits are fetched. Throws `InvalidReference` for text that is no range.
 */
export async function bestTag(remote: Remote, range: string, refs: readonly Ref[]): Promise<Ref | undefined> {
  const parsed = parseRange(range);
  let best: Candidate[] = [];
  for (const ref of refs) {
    const version = ref.name.startsWith(tagPrefix) ? parseTagVersion(ref.name.slice(tagPrefix.length)) : undefined;
    if (version === undefined || !parsed.includes(version)) {
      continue;
    }
    const order = best[0] === undefined ? 1 : compareVersions(version, best[0].version);
    if (order > 0) {
      best = [{ ref, version }];
    } else if (order === 0) {
      best.push({ ref, version });
    }
  }
  return best.length > 1 ? youngest(remote, best) : best[0]?.ref;
}

function parseRange(range: string): SemverRange {
  try {
    return parseSemverRange(range);
  } catch (error) {
    if (error instanceof RangeError) {
      throw new GitError('InvalidReference', `semver parse error: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

/** By the committer's time; at equal times the name decides, so that the answer does not change from look to look. */
async function youngest(remote: Remote, candidates: readonly Candidate[]): Promise<Ref> {
  const oids = [...new Set(candidates.map(({ ref }) => ref.peeled ?? ref.oid))];
  const store = await remote.fetch({ want: oids, depth: 1, filter: 'tree:0' });
  const dated = candidates.map(({ ref }) => {
    const oid = ref.peeled ?? ref.oid;
    const { committer } = parseCommit(oid, readObject(store, oid, 'commit'), store.format);
    return { ref, seconds: committer.seconds };
  });
  return dated.reduce((best, next) =>
    next.seconds > best.seconds || (next.seconds === best.seconds && next.ref.name > best.ref.name) ? next : best,
  ).ref;
}
