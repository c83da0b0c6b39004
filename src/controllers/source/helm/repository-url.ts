/** A URL cannot be used; the message says why, in the words of Go's net/url where it has any. */
export class RepositoryUrlError extends Error {
  override readonly name = 'RepositoryUrlError';
}

/** Whether the text names a registry. */
export function isOciUrl(text: string): boolean {
  return text.startsWith('oci://');
}

/**
 * The URL of a repository as charts and dependencies are matched by it: with one slash at the end, or with none for a
 * registry (internal/helm/repository/utils.go, NormalizeURL). Throws {@link RepositoryUrlError}.
 */
export function normalizedUrl(text: string): string {
  if (text === '') return '';
  const match = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)([^?#]*)(.*)$/i.exec(text);
  if (!URL.canParse(text) || match === null)
    throw new RepositoryUrlError(`parse ${JSON.stringify(text)}: it is not a valid URL`);
  const [, origin = '', path = '', rest = ''] = match;
  return `${origin}${path.replace(/\/+$/, '')}${isOciUrl(text) ? '' : '/'}${rest}`;
}

/** The address of the index below that of a repository (chart_repository.go, DownloadIndex). */
export function indexUrl(repository: string): URL {
  const url = new URL(normalizedUrl(repository));
  url.pathname = `${url.pathname.replace(/\/{2,}/g, '/')}index.yaml`;
  return url;
}

/**
 * The address of a chart as an index names it: whole, or relative to the repository, whose query it then has too
 * (helm pkg/repo/v1/chartrepo.go, ResolveReferenceURL). Throws {@link RepositoryUrlError}.
 */
export function chartUrl(repository: string, reference: string): URL {
  const absolute = /^[a-z][a-z0-9+.-]*:/i.test(reference);
  const base = new URL(normalizedUrl(repository));
  if (!(absolute ? URL.canParse(reference) : URL.canParse(reference, base)))
    throw new RepositoryUrlError(`failed to parse ${reference} as URL`);
  if (absolute) return new URL(reference);
  const url = new URL(reference, base);
  url.search = base.search;
  return url;
}
