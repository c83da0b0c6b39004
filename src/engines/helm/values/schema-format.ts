import * as re2 from 're2js';

/** Why a text is not of a format (santhosh-tekuri/jsonschema, format.go); undefined when it is, or nobody knows the format. */
export function formatFault(format: string, text: string): string | undefined {
  return formats.get(format)?.(text);
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

const formats = new Map<string, (text: string) => string | undefined>([
  ['ipv4', ipv4],
  ['ipv6', ipv6],
  ['email', email],
  ['hostname', hostname],
  ['date', date],
  ['time', (text) => (TIME.test(text) ? undefined : 'less than 9 characters long')],
  ['date-time', dateTime],
  ['uri', (text) => uri(text, true)],
  ['uri-reference', (text) => uri(text, false)],
  ['uuid', uuid],
  ['regex', regex],
  ['json-pointer', (text) => (/^(?:\/(?:[^~]|~[01])*)*$/.test(text) ? undefined : 'not starting with /')],
]);

function ipv4(text: string): string | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return 'expected four decimals';
  const wrong = parts.find((part) => !/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255);
  return wrong === undefined ? undefined : `invalid decimal ${wrong}`;
}

/** At most eight groups, `::` once for those left out. */
function ipv6(text: string): string | undefined {
  const halves = text.split('::');
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const isLast = (index: number): boolean => index === groups.length - 1;
  const fits = groups.every(
    (group, index) => /^[0-9a-f]{1,4}$/i.test(group) || (isLast(index) && ipv4(group) === undefined),
  );
  const count = groups.length + (groups.at(-1)?.includes('.') === true ? 1 : 0);
  const isComplete = halves.length === 1 ? count === 8 : halves.length === 2 && count < 8;
  return fits && isComplete ? undefined : 'invalid ipv6 address';
}

function email(text: string): string | undefined {
  const at = text.lastIndexOf('@');
  if (at < 0) return 'missing @';
  if (text.length > 254) return 'more than 255 characters long';
  if (at === 0 || at > 64) return 'local part more than 64 characters long';
  return hostname(text.slice(at + 1)) === undefined ? undefined : 'invalid domain';
}

function hostname(text: string): string | undefined {
  const labels = text.replace(/\.$/, '').split('.');
  if (text.length > 253) return 'more than 253 characters long';
  const wrong = labels.find((label) => !LABEL.test(label));
  return wrong === undefined ? undefined : `invalid label ${JSON.stringify(wrong)}`;
}

function date(text: string): string | undefined {
  const match = DATE.exec(text);
  if (match === null) return `parsing time ${JSON.stringify(text)} as "2006-01-02": cannot parse`;
  const given = new Date(`${text}T00:00:00Z`);
  const isReal = !Number.isNaN(given.getTime()) && given.toISOString().startsWith(text);
  return isReal ? undefined : `parsing time ${JSON.stringify(text)}: day out of range`;
}

function dateTime(text: string): string | undefined {
  if (text.length < 20) return 'less than 20 characters long';
  if (!/t/i.test(text.charAt(10))) return "11th character must be 't' or 'T'";
  return date(text.slice(0, 10)) ?? (TIME.test(text.slice(11)) ? undefined : 'invalid time');
}

function uri(text: string, isAbsolute: boolean): string | undefined {
  if (text.startsWith(':')) return `parse ${JSON.stringify(text)}: missing protocol scheme`;
  if (/[\s<>"{}|\\^`]/.test(text)) return `parse ${JSON.stringify(text)}: invalid character`;
  return !isAbsolute || /^[a-z][a-z0-9+.-]*:/i.test(text) ? undefined : 'relative url';
}

function uuid(text: string): string | undefined {
  return /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text)
    ? undefined
    : 'must be 36 characters of hex and dashes';
}

function regex(text: string): string | undefined {
  try {
    re2.RE2JS.compile(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
