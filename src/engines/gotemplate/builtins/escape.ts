import { sprint } from '../fmt/printf.ts';
import { isPrintable } from '../parse/quote.ts';
import { toBytes } from '../value/go-text.ts';
import type { Meter, Value } from '../value/values.ts';

/** What looking at a character by itself costs: much more than copying it. */
const CHARACTER = 8;

const html: Readonly<Record<string, string>> = {
  '\0': '\uFFFD',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

const js: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

/** The builtin `html`: the operands printed, with what means something in HTML escaped (funcs.go, HTMLEscape). */
export function escapeHtml(args: readonly Value[], meter: Meter): string {
  return printed(args, meter).replace(/[\0"'&<>]/g, (character) => html[character] ?? character);
}

/** The builtin `js` (funcs.go, JSEscape). */
export function escapeJs(args: readonly Value[], meter: Meter): string {
  return printed(args, meter).replace(/[\\'"<>&=]|[^ -~]/gu, (character) => js[character] ?? jsUnicode(character));
}

function jsUnicode(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0x80 && isPrintable(character)) return character;
  return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The builtin `urlquery` (net/url, QueryEscape). */
export function escapeQuery(args: readonly Value[], meter: Meter): string {
  return queryEscape(printed(args, meter));
}

/** Escapes for a query: letters, digits and `-_.~` stay, a space is a plus (net/url, QueryEscape). */
export function queryEscape(text: string): string {
  let out = '';
  for (const byte of toBytes(text)) {
    const character = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-_.~]/.test(character)) out += character;
    else out += character === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

/** As fmt.Sprint, with `<no value>` for what is none (funcs.go, evalArgs). */
function printed(args: readonly Value[], meter: Meter): string {
  const [only] = args;
  const isText = args.length === 1 && typeof only === 'string';
  const text = isText
    ? only
    : sprint(
        args.map((arg) => arg ?? '<no value>'),
        meter,
      );
  meter.spend(text.length * CHARACTER);
  return text;
}
