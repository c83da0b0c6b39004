import { GitError, quoted } from './errors.ts';
import { isOid } from './oid.ts';
import type { Remote } from './remote.ts';
import { isPlainRefName, type ResolvedRef } from './resolve.ts';

/** Where Git looks for a short name, in this order (refs.c, ref_rev_parse_rules). */
const rules = ['', 'refs/', 'refs/tags/', 'refs/heads/', 'refs/remotes/'] as const;

/**
 * What a name means that may be a branch, a tag, a full reference name or a full commit name, as `git fetch URL NAME`
 * takes it; an empty one is the default branch. One listing, and none for a commit, which is asked for by its name.
 * Throws GitError: `ReferenceNotFound`, `EmptyRepository` and those of the transport.
 */
export async function resolveAny(remote: Remote, name: string): Promise<ResolvedRef> {
  const commit = name.toLowerCase();
  if (isOid(commit)) return { commit, refName: 'HEAD' };
  const wanted = name === '' ? ['HEAD'] : rules.map((prefix) => prefix + name);
  const refs = isPlainRefName(name) ? await remote.listRefs(wanted) : [];
  for (const refName of wanted) {
    const found = refs.find((ref) => ref.name === refName);
    if (found === undefined) continue;
    const { oid, peeled } = found;
    return peeled === undefined ? { commit: oid, refName } : { commit: peeled, refName, tagObject: oid };
  }
  if (name === '') {
    throw new GitError(
      'EmptyRepository',
      `unable to clone '${remote.displayUrl}': the repository has no default branch`,
    );
  }
  throw new GitError(
    'ReferenceNotFound',
    `unable to clone '${remote.displayUrl}': couldn't find remote ref ${quoted(name)}`,
  );
}
