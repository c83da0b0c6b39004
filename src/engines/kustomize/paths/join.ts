/** A path without `.`, `..` and double slashes; `..` at the root stays there. `''` is the root. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

/** `path` from `dir`; an absolute one from the root of the tree. */
export function joinPath(dir: string, path: string): string {
  return path.startsWith('/') ? cleanPath(path) : cleanPath(`${dir}/${path}`);
}

/** filepath.Clean for a relative path: `..` at its beginning stays. */
export function cleanRelative(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return parts.length === 0 ? '.' : parts.join('/');
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether `path` is `dir` or below it; both clean. */
export function isBelow(path: string, dir: string): boolean {
  return dir === '' || path === dir || path.startsWith(`${dir}/`);
}
