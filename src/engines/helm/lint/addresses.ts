import { isUrl as parsesAsUrl } from '../functions/url.ts';

const [letter, other] = ['[a-zA-Z]', '[\\u{A0}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFEF}]'];
const atom = `(?:${letter}|[0-9!#$%&'*+\\-\\/=?^_\`{|}~]|${other})+`;
const fold = '(?:(?:[ \\t]*\\r\\n)?[ \\t]+)?';
const quotedCharacter = `(?:[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f!\\x23-\\x5b\\x5d-\\x7e]|${other}|\\([\\x01-\\x09\\x0b\\x0c\\r-\\x7f]|\\(?${other})`;
const user = `(?:${atom}(?:\\.${atom})*|"(?:${fold}${quotedCharacter})*${fold}")`;
const [first, inner] = [`(?:[a-zA-Z0-9]|${other})`, `(?:[a-zA-Z0-9\\-._~]|${other})`];
const [top, innerTop] = [`(?:${letter}|${other})`, `(?:[a-zA-Z0-9\\-_~]|${other})`];
const email = new RegExp(
  `^${user}@(?:(?:${first}|${first}${inner}*${first})\\.)+(?:${top}|${top}${innerTop}*${top})\\.?$`,
  'u',
);

const MAX_EMAIL = 320;
const MAX_URL = 2083;

/** Whether a text is an address for mail (asaskevich/govalidator, IsEmail). */
export function isEmail(text: string): boolean {
  return text.length <= MAX_EMAIL && email.test(text);
}

/** Whether a text is an absolute URL with a scheme (asaskevich/govalidator, IsRequestURL). */
export function isRequestUrl(text: string): boolean {
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) && parsesAsUrl(text.replaceAll('#', '%23'));
}

const scheme = /^(?:ftp|tcp|udp|wss?|https?):\/\//;
const port = /:[0-9]{1,5}$/;
const ipv4 = /^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$/;
const ipv6 = /^\[[0-9a-fA-F:.]+(?:%[0-9a-zA-Z]+)?\]$/;
const label = /^[a-zA-Z0-9\u00a1-\uffff](?:[a-zA-Z0-9_\u00a1-\uffff-]*[a-zA-Z0-9\u00a1-\uffff])?$/;

/** Whether a text is a URL of the web, with or without its scheme (asaskevich/govalidator, IsURL). */
export function isUrl(text: string): boolean {
  if (text.length <= 3 || text.length >= MAX_URL || text.startsWith('.') || /\s/.test(text)) return false;
  if (!parsesAsUrl(text.includes(':') && !text.includes('://') ? `http://${text}` : text)) return false;
  const rest = text.replace(scheme, '');
  if (rest.includes('://') && !/[/?#]/.test(rest.slice(0, rest.indexOf('://')))) return false;
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? '';
  const host = authority
    .slice(authority.lastIndexOf('@') + 1)
    .replace(port, '')
    .replace(/\.$/, '');
  if (ipv4.test(host) || ipv6.test(host)) return true;
  return host.split('.').every((part) => label.test(part)) && (rest !== text || host.includes('.'));
}
