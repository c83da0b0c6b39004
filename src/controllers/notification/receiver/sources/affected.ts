import type { GitRepository } from '../../../../crds/source/git-repository.ts';
import type { OCIRepository } from '../../../../crds/source/oci-repository.ts';
import { imageName, repositoryName } from './names.ts';
import type { Pushed } from './pushed.ts';

/** Whether what was pushed may be what a GitRepository follows. */
export function isAffected({ spec: { url, ref } }: GitRepository, { repositories, refs }: Pushed): boolean {
  const name = repositoryName(url);
  if (name === undefined || !repositories.has(name)) return false;
  // As upstream chooses among them: commit, name, semver, tag, branch. A commit does not move.
  if (isSet(ref?.commit)) return false;
  if (refs.size === 0) return true;
  if (isSet(ref?.name)) return refs.has(ref.name);
  if (isSet(ref?.semver)) return [...refs].some((pushed) => pushed.startsWith('refs/tags/'));
  if (isSet(ref?.tag)) return refs.has(`refs/tags/${ref.tag}`);
  return refs.has(`refs/heads/${ref?.branch || 'master'}`);
}

/** Whether what was pushed may be what an OCIRepository follows. */
export function isImageAffected({ spec: { url, ref } }: OCIRepository, { images }: Pushed): boolean {
  const own = imageName(url);
  if (own === undefined || isSet(ref?.digest)) return false;
  return images.some(({ name, tag }) => {
    if (name !== own) return false;
    return tag === undefined || isSet(ref?.semver) || tag === (ref?.tag || 'latest');
  });
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}
