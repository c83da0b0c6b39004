/**
 * `path` below `root`, lexically: whatever `..`, `.`, empty or absolute parts it has, the result is `root` or below
 * it (as github.com/cyphar/filepath-securejoin, without its symlink resolution). Posix separators only.
 */
export function secureJoin(root: string, path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  const base = root.replace(/\/+$/, '');
  if (parts.length === 0) return base === '' && root !== '' ? '/' : root === '' ? '.' : base;
  return base === '' && root === '' ? parts.join('/') : `${base}/${parts.join('/')}`;
}

/** Whether the normalised absolute or relative `path` is `root` or below it, lexically. */
export function isInside(root: string, path: string): boolean {
  const base = normalise(root);
  const target = normalise(path);
  if (base === target || (base === '.' && !target.startsWith('/') && target !== '..' && !target.startsWith('../'))) {
    return true;
  }
  return target.startsWith(base === '/' ? '/' : `${base}/`) && base !== '.';
}

/** Posix `path.normalize` without the trailing slash: `a//b/../c/` is `a/c`, an empty path is `.`. */
function normalise(path: string): string {
  const absolute = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (!absolute) parts.push('..');
  }
  const joined = parts.join('/');
  return absolute ? `/${joined}` : joined === '' ? '.' : joined;
}
