import { GitError } from './errors.ts';
import { displayUrl, parseRemoteUrl } from './remote-url.ts';

/**
 * The URL of a submodule, resolved against that of the repository that names it. `./` and `../` (and, as go-git has it,
 * any text that is neither a URL nor `host:path`) are relative to the parent's path. Files of this machine are never
 * meant: an absolute path and `file:` are `InvalidURL`; other schemes than HTTP are `UnsupportedTransport`.
 */
export function resolveSubmoduleUrl(parent: string, url: string): string {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(url)) {
    return parseRemoteUrl(url).href;
  }
  if (/^[^/]*:/.test(url)) {
    throw new GitError('UnsupportedTransport', `submodule URL '${displayUrl(url)}': only http and https are supported`);
  }
  if (url.startsWith('/') || url.startsWith('\\') || url === '') {
    throw new GitError('InvalidURL', `submodule URL '${displayUrl(url)}' is a path of the local machine`);
  }
  const base = parseRemoteUrl(parent);
  const parts = base.pathname.split('/').filter((part) => part !== '');
  for (const part of url.split('/')) {
    if (part === '..') {
      parts.pop();
    } else if (part !== '' && part !== '.') {
      parts.push(part);
    }
  }
  base.pathname = `/${parts.join('/')}`;
  base.search = '';
  return base.href;
}

/** Whether credentials for the one URL may be sent to the other: same scheme, host and port. */
export function isSameOrigin(a: string, b: string): boolean {
  const first = parseRemoteUrl(a);
  const second = parseRemoteUrl(b);
  return first.protocol === second.protocol && first.host === second.host;
}
