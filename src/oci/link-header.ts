import { OciError } from './oci-error.ts';

/**
 * The path and query of the next page that a `Link` header names (RFC 8288, distribution spec "Content Discovery");
 * undefined when there is none. It must be at the same origin: credentials go there. Throws `RedirectRefused`,
 * `ProtocolError`.
 */
export function nextPage(header: string | readonly string[] | undefined, from: URL): string | undefined {
  const links = header === undefined ? [] : typeof header === 'string' ? [header] : header;
  const next = links.join(', ');
  if (next === '') return undefined;
  const [, target, parameters = ''] = /^\s*<([^<>]{0,4096})>([^,]*)/.exec(next) ?? [];
  if (target === undefined) throw new OciError('ProtocolError', 'failed to parse link header of the next page');
  if (/\brel\s*=/i.test(parameters) && !/\brel\s*=\s*"?next\b/i.test(parameters)) return undefined;
  if (!URL.canParse(target, from.href)) throw new OciError('ProtocolError', 'the next page is no URL');
  const url = new URL(target, from);
  if (url.host !== from.host) {
    throw new OciError('RedirectRefused', `the next page is at another host: ${url.host}, not ${from.host}`);
  }
  return `${url.pathname}${url.search}`;
}
