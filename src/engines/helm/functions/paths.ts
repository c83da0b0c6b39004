import { group, text } from './kit.ts';

/** Functions of paths with forward slashes (sprig, "Path and Filepath Functions"); the machine's own are the same. */
export const pathFunctions = group([
  ['base osBase', '(string) string', ([path]) => base(text(path))],
  ['dir osDir', '(string) string', ([path]) => clean(text(path).slice(0, text(path).lastIndexOf('/') + 1))],
  ['clean osClean', '(string) string', ([path]) => clean(text(path))],
  ['ext osExt', '(string) string', ([path]) => ext(text(path))],
  ['isAbs osIsAbs', '(string) bool', ([path]) => text(path).startsWith('/')],
]);

/** path.Base. */
function base(path: string): string {
  if (path === '') return '.';
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end--;
  return end === 0 ? '/' : path.slice(path.lastIndexOf('/', end - 1) + 1, end);
}

/** path.Ext. */
function ext(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot);
}

/** path.Clean. */
export function clean(path: string): string {
  if (path === '') return '.';
  const isRooted = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (!isRooted) parts.push(part);
  }
  const joined = parts.join('/');
  return isRooted ? `/${joined}` : joined === '' ? '.' : joined;
}
