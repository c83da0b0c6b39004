import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { quote } from '../../gotemplate/parse/quote.ts';
import { fromBytes, toBytes } from '../../gotemplate/value/go-text.ts';
import { kindOf } from '../../gotemplate/value/types.ts';
import { GoMap, type Value } from '../../gotemplate/value/values.ts';
import { dictionary, group, text } from './kit.ts';

/** Functions of URLs (sprig, "URL Functions"), after Go's net/url. */
export const urlFunctions = group([
  ['urlParse', '(string) map[string]any', ([url]) => parsedUrl(text(url))],
  ['urlJoin', '(map[string]any) string', ([parts]) => joinUrl(dictionary(parts))],
]);

interface Url {
  readonly scheme: string;
  readonly opaque: string;
  readonly userinfo: string;
  readonly host: string;
  readonly path: string;
  /** The path as it was written, where escaping it anew would give another. */
  readonly rawPath: string;
  readonly query: string;
  readonly forceQuery: boolean;
  readonly fragment: string;
}

function parsedUrl(written: string): GoMap {
  try {
    const url = parseUrl(written);
    return new GoMap(
      new Map<string, Value>([
        ['scheme', url.scheme],
        ['host', url.host],
        ['hostname', hostname(url.host)],
        ['path', url.path],
        ['query', url.query],
        ['opaque', url.opaque],
        ['fragment', url.fragment],
        ['userinfo', url.userinfo],
      ]),
    );
  } catch (error) {
    if (!(error instanceof UrlFault)) throw error;
    throw new FunctionError(`unable to parse url: parse ${quote(written)}: ${error.message}`);
  }
}

class UrlFault extends Error {}

/** Whether url.Parse takes a text. */
export function isUrl(written: string): boolean {
  try {
    parseUrl(written);
    return true;
  } catch (error) {
    if (error instanceof UrlFault) return false;
    throw error;
  }
}

/** url.Parse. */
function parseUrl(written: string): Url {
  const hash = written.indexOf('#');
  const before = hash < 0 ? written : written.slice(0, hash);
  const fragment = hash < 0 ? '' : unescapeUrl(written.slice(hash + 1), 'fragment');
  if (/[\u0000-\u001f\u007f]/.test(before)) throw new UrlFault('net/url: invalid control character in URL');
  const empty = { scheme: '', opaque: '', userinfo: '', host: '', path: '', rawPath: '', query: '', forceQuery: false };
  if (before === '*') return { ...empty, path: '*', fragment };
  const { scheme, rest: afterScheme } = splitScheme(before);
  const mark = afterScheme.indexOf('?');
  const forceQuery = mark >= 0 && mark === afterScheme.length - 1;
  const query = mark < 0 ? '' : afterScheme.slice(mark + 1);
  const rest = mark < 0 ? afterScheme : afterScheme.slice(0, mark);
  const base = { ...empty, scheme, query, forceQuery, fragment };
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { ...base, opaque: rest };
    if ((rest.split('/')[0] ?? '').includes(':')) throw new UrlFault('first path segment in URL cannot contain colon');
  }
  const hasAuthority = rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'));
  const end = hasAuthority ? rest.indexOf('/', 2) : 0;
  const authority = hasAuthority ? rest.slice(2, end < 0 ? undefined : end) : '';
  const rawPath = hasAuthority ? (end < 0 ? '' : rest.slice(end)) : rest;
  return { ...base, ...parseAuthority(authority), path: unescapeUrl(rawPath, 'path'), rawPath };
}

function splitScheme(url: string): { readonly scheme: string; readonly rest: string } {
  const match = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(url);
  if (match !== null) return { scheme: (match[1] ?? '').toLowerCase(), rest: url.slice(match[0].length) };
  if (url.startsWith(':')) throw new UrlFault('missing protocol scheme');
  return { scheme: '', rest: url };
}

function parseAuthority(authority: string): Pick<Url, 'userinfo' | 'host'> {
  const at = authority.lastIndexOf('@');
  const host = parseHost(authority.slice(at + 1));
  if (at < 0) return { userinfo: '', host };
  const written = authority.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(written)) throw new UrlFault('net/url: invalid userinfo');
  const colon = written.indexOf(':');
  const name = escapeUserinfo(unescapeUrl(colon < 0 ? written : written.slice(0, colon), 'user'));
  if (colon < 0) return { userinfo: name, host };
  return { userinfo: `${name}:${escapeUserinfo(unescapeUrl(written.slice(colon + 1), 'user'))}`, host };
}

function parseHost(host: string): string {
  if (host.startsWith('[')) {
    const end = host.lastIndexOf(']');
    if (end < 0) throw new UrlFault("missing ']' in host");
    checkPort(host.slice(end + 1));
    return unescapeUrl(host, 'host');
  }
  const colon = host.lastIndexOf(':');
  if (colon >= 0) checkPort(host.slice(colon));
  return unescapeUrl(host, 'host');
}

function checkPort(port: string): void {
  if (port !== '' && !/^:[0-9]*$/.test(port)) throw new UrlFault(`invalid port ${quote(port)} after host`);
}

function hostname(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host);
  return bracketed?.[1] ?? host.replace(/:[0-9]*$/, '');
}

type Place = 'path' | 'fragment' | 'user' | 'host';

function unescapeUrl(written: string, place: Place): string {
  for (const match of written.matchAll(/%.{0,2}/gs)) {
    if (!/^%[0-9a-fA-F]{2}$/.test(match[0])) throw new UrlFault(`invalid URL escape ${quote(match[0])}`);
    if (place === 'host' && Number.parseInt(match[0].slice(1), 16) < 0x80 && match[0] !== '%25')
      throw new UrlFault(`invalid URL escape ${quote(match[0])}`);
  }
  if (place === 'host') {
    const wrong = /[^A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"%\u0080-\uffff]/.exec(written);
    if (wrong !== null) throw new UrlFault(`invalid character ${quote(wrong[0])} in host name`);
  }
  if (!written.includes('%')) return written;
  const bytes: number[] = [];
  for (const [part] of written.matchAll(/%[0-9a-fA-F]{2}|[^%]+/g)) {
    if (part.startsWith('%')) bytes.push(Number.parseInt(part.slice(1), 16));
    else bytes.push(...toBytes(part));
  }
  return fromBytes(Uint8Array.from(bytes));
}

function escapeWith(value: string, kept: RegExp): string {
  let out = '';
  for (const byte of toBytes(value)) {
    const character = String.fromCharCode(byte);
    out += kept.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

const escapeUserinfo = (value: string): string => escapeWith(value, /[A-Za-z0-9\-_.~$&+,;=]/);
const escapePath = (value: string): string => escapeWith(value, /[A-Za-z0-9\-_.~$&+,/:;=@]/);
const escapeFragment = (value: string): string => escapeWith(value, /[A-Za-z0-9\-_.~$&+,/:;=?@!()*]/);
const escapeHost = (value: string): string => escapeWith(value, /[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]/);

/** url.URL.String of the parts. */
function joinUrl(parts: ReadonlyMap<string, Value>): string {
  const part = (name: string): string => partOf(parts, name);
  const scheme = part('scheme');
  const host = part('host');
  const path = part('path');
  const query = part('query');
  const opaque = part('opaque');
  const fragment = part('fragment');
  const userinfo = readUserinfo(part('userinfo'));
  let out = scheme === '' ? '' : `${scheme}:`;
  if (opaque !== '') out += opaque;
  else out += authorityText(scheme, host, path, userinfo) + pathText(path, host, out);
  if (query !== '') out += `?${query}`;
  return fragment === '' ? out : `${out}#${escapeFragment(fragment)}`;
}

function authorityText(scheme: string, host: string, path: string, userinfo: string): string {
  if (scheme === '' && host === '' && userinfo === '') return '';
  const marks = host !== '' || path !== '' || userinfo !== '' ? '//' : '';
  return `${marks}${userinfo === '' ? '' : `${userinfo}@`}${escapeHost(host)}`;
}

function pathText(path: string, host: string, before: string): string {
  const escaped = escapePath(path);
  if (escaped !== '' && !escaped.startsWith('/') && host !== '') return `/${escaped}`;
  // A first segment with a colon would be read as a scheme.
  return before === '' && host === '' && (escaped.split('/')[0] ?? '').includes(':') ? `./${escaped}` : escaped;
}

function partOf(parts: ReadonlyMap<string, Value>, name: string): string {
  if (!parts.has(name)) return '';
  const value = parts.get(name);
  if (typeof value === 'string') return value;
  if (value === null || value === undefined)
    throw new FunctionError('runtime error: invalid memory address or nil pointer dereference');
  throw new FunctionError(`unable to parse ${name} key, must be of type string, but ${kindOf(value)} found`);
}

function readUserinfo(written: string): string {
  if (written === '') return '';
  try {
    return parseUrl(`proto://${written}@host`).userinfo;
  } catch (error) {
    if (!(error instanceof UrlFault)) throw error;
    throw new FunctionError(
      `unable to parse userinfo in dict: parse ${quote(`proto://${written}@host`)}: ${error.message}`,
    );
  }
}
