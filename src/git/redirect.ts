import { GitError } from './errors.ts';
import { displayUrl } from './remote-url.ts';

/** Where a redirect leads. */
export interface Redirect {
  /** The repository's base URL there. */
  readonly base: URL;
  /** Whether what proved who we are may be sent there too. */
  readonly keepsCredentials: boolean;
}

const discovery = '/info/refs';

/**
 * Follows one redirect of the discovery request. It must stay a discovery request, and may go from http to https but
 * not back (go-git plumbing/transport/http, ModifyEndpointIfRedirect). Throws `RedirectRefused`.
 */
export function followRedirect(from: URL, location: string): Redirect {
  if (!URL.canParse(location, from.href)) {
    throw new GitError('RedirectRefused', 'http redirect: the location is no URL');
  }
  const target = new URL(location, from);
  if (target.protocol !== 'https:' && target.protocol !== from.protocol) {
    const schemes = `from "${from.protocol.slice(0, -1)}" to "${target.protocol.slice(0, -1)}"`;
    throw new GitError('RedirectRefused', `http redirect: changes scheme ${schemes}`);
  }
  if (!target.pathname.endsWith(discovery)) {
    const shown = displayUrl(`${target.origin}${target.pathname}`);
    throw new GitError('RedirectRefused', `http redirect: target "${shown}" does not end with ${discovery}`);
  }
  const base = new URL(target.pathname.slice(0, -discovery.length), target.origin);
  return { base, keepsCredentials: isSameSite(from, target) };
}

/** The same origin, or the same host with TLS from now on, both on the default port. */
function isSameSite(from: URL, target: URL): boolean {
  const upgraded = from.protocol === 'http:' && target.protocol === 'https:' && from.host === target.host;
  return target.origin === from.origin || (upgraded && from.port === '');
}
