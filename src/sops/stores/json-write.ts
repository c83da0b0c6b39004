import { Branch, Comment, isList, Timestamp, type Value } from '../document.ts';
import { formatFixed } from '../go-format.ts';
import { SopsError } from '../sops-error.ts';

/** A branch as indented JSON, as SOPS and Go's encoding/json write it: tabs, HTML escaped, comments left out. */
export function writeJson(branch: Branch): string {
  return `${write(branch, '\n')}\n`;
}

function write(value: Value, newline: string): string {
  const inner = `${newline}\t`;
  if (value instanceof Branch) {
    const members = value.items.flatMap(({ key, value: member }) =>
      key instanceof Comment ? [] : [`${quote(key)}: ${write(member, inner)}`],
    );
    return members.length === 0 ? '{}' : `{${inner}${members.join(`,${inner}`)}${newline}}`;
  }
  if (value !== null && isList(value)) {
    const items = value.flatMap((item) => (item instanceof Comment ? [] : [write(item, inner)]));
    return items.length === 0 ? '[]' : `[${inner}${items.join(`,${inner}`)}${newline}]`;
  }
  return scalar(value);
}

function scalar(value: Exclude<Value, Branch | readonly Value[]>): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return float(value);
  if (value instanceof Comment || value instanceof Timestamp) return quote(value.text);
  if (value instanceof Uint8Array) return quote(new TextDecoder().decode(value));
  return String(value);
}

/** encoding/json's floats: an exponent below 1e-6 and from 1e21 on. */
function float(x: number): string {
  if (!Number.isFinite(x)) throw new SopsError('output', `JSON has no ${formatFixed(x)}`);
  const size = Math.abs(x);
  if (size === 0 || (size >= 1e-6 && size < 1e21)) return formatFixed(x);
  return String(x);
}

/** encoding/json's strings, which are safe to stand in HTML. */
function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
