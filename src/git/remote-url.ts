import { redact } from '../lib/redact.ts';
import { GitError } from './errors.ts';

/**
 * The URL of a repository. Throws `InvalidURL` when it is none, `UnsupportedTransport` when it is not HTTP or HTTPS
 * (SSH can be added beside the HTTP transport). A fragment is no part of a repository's address.
 */
export function parseRemoteUrl(text: string): URL {
  if (!URL.canParse(text)) {
    throw new GitError('InvalidURL', `invalid URL '${displayUrl(text)}'`);
  }
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const scheme = url.protocol.slice(0, -1);
    throw new GitError('UnsupportedTransport', `transport '${scheme}' is not supported yet, expected http or https`);
  }
  url.hash = '';
  return url;
}

/** The URL as messages show it: as it was written, without credentials. */
export function displayUrl(text: string): string {
  return redact(text).replace(/\p{C}/gu, '');
}
