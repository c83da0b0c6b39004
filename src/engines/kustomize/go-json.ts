import { isRawJson } from '../../lib/json.ts';

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** A value as Go's encoding/json writes it: keys sorted, `<`, `>` and `&` escaped. `indent` spreads it over lines. */
export function goJson(value: unknown, indent = ''): string {
  return write(value, indent, '\n');
}

function write(value: unknown, indent: string, newline: string): string {
  if (typeof value === 'string')
    return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (char) => escapes[char] ?? char);
  if (typeof value === 'number') return String(value === 0 ? 0 : value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (isRawJson(value)) return value.rawJSON;
  const inner = newline + indent;
  const items = Array.isArray(value)
    ? value.map((item) => write(item, indent, inner))
    : Object.keys(value)
        .sort()
        .map((key) => {
          const member = write((value as Record<string, unknown>)[key], indent, inner);
          return `${write(key, '', '')}:${indent === '' ? '' : ' '}${member}`;
        });
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  if (items.length === 0) return open + close;
  return indent === ''
    ? `${open}${items.join(',')}${close}`
    : `${open}${inner}${items.join(`,${inner}`)}${newline}${close}`;
}
