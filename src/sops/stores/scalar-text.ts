import { formatFloat } from '../../yaml/go-number.ts';
import { type Branch, Comment, Timestamp, type Value } from '../document.ts';
import { formatFixed } from '../go-format.ts';

/** A scalar in the formats that know texts only (getsops/sops stores/stores.go, ValToString). */
export function textOf(value: Exclude<Value, Branch | readonly Value[]>): string {
  if (value === null) return '<nil>';
  if (typeof value === 'number') return float(value);
  if (value instanceof Comment) return value.text;
  // Whole seconds, as time.RFC3339 has them.
  if (value instanceof Timestamp) return value.text.replace(/\.\d+/, '');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return String(value);
}

function float(x: number): string {
  if (!Number.isFinite(x)) return formatFixed(x);
  const text = formatFloat(x).toUpperCase();
  return /[.E]/.test(text) ? text : x.toFixed(1);
}
