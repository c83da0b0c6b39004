const maxLength = 2048;

/**
 * The one name of a Git repository that is written in many ways: `git@host:a/b.git`, `ssh://git@host:22/a/b`,
 * `https://user@host/a/b.git/`. Undefined for what is no address. Letters are made small: hosts do not tell them apart,
 * and to wake a source for a push to its namesake does no harm.
 */
export function repositoryName(url: string): string | undefined {
  if (url.length > maxLength) return undefined;
  const [, scpHost, scpPath] = /^(?:[^@/\s]+@)?([^:/\s]+):(?!\/\/)([^\s]+)$/.exec(url) ?? [];
  if (scpHost !== undefined && scpPath !== undefined && !URL.canParse(url)) return joined(scpHost, scpPath);
  if (!URL.canParse(url)) return scpHost === undefined || scpPath === undefined ? undefined : joined(scpHost, scpPath);
  const { hostname, pathname, protocol } = new URL(url);
  if (hostname !== '') return joined(hostname, pathname);
  // `host:path` without a user looks like a URL with a scheme.
  return joined(protocol.slice(0, -1), pathname);
}

/** The one name of an image's repository: `host/path`; that of Docker Hub is `docker.io`. */
export function imageName(reference: string): string | undefined {
  const text = reference.replace(/^[a-z]+:\/\//, '').toLowerCase();
  const [host = '', ...path] = text.split('/');
  if (text.length > maxLength || path.length === 0 || path.includes('')) return undefined;
  const isHub = ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'hub.docker.com'].includes(host);
  const full = isHub && path.length === 1 ? ['library', ...path] : path;
  return [isHub ? 'docker.io' : host, ...full].join('/');
}

function joined(host: string, path: string): string | undefined {
  const name = path
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/, '')
    .toLowerCase();
  return name === '' ? undefined : `${host.toLowerCase()}/${name}`;
}
