import { formatOfOid } from './oid.ts';

/** What a revision is made of. */
interface Revisable {
  /** The commit's name in hex. */
  readonly commit: string;
  /** The full name of what it was found by; absent, or a name of one part such as HEAD, when it was the commit itself. */
  readonly refName?: string;
}

/** `sha1:<hex>` (or `sha256:<hex>`) of a commit. */
export function commitDigest(commit: string): string {
  return `${formatOfOid(commit)}:${commit}`;
}

/**
 * The revision of an artifact: `main@sha1:<hex>`, `v1.0.0@sha1:<hex>` or `sha1:<hex>`; with the full name,
 * `refs/pull/1/head@sha1:<hex>`, when the specification asks by `ref.name` (fluxcd/pkg git.go, String and
 * AbsoluteReference; gitrepository_controller.go, commitReference).
 */
export function revisionOf(resolved: Revisable, reference?: { readonly name?: string }): string {
  const digest = commitDigest(resolved.commit);
  const refName = resolved.refName ?? '';
  if (reference?.name !== undefined && reference.name !== '') {
    return refName === '' ? digest : `${refName}@${digest}`;
  }
  const short = refName.split('/').slice(2).join('/');
  return short === '' ? digest : `${short}@${digest}`;
}
