import type { YamlDialect } from './resolve.ts';

/** How libyaml's emitter finds a text can be written (emitterc.go, yaml_emitter_analyze_scalar). */
export interface ScalarAnalysis {
  readonly multiline: boolean;
  readonly flowPlain: boolean;
  readonly blockPlain: boolean;
  readonly single: boolean;
  readonly block: boolean;
}

const plainText: ScalarAnalysis = {
  multiline: false,
  flowPlain: true,
  blockPlain: true,
  single: true,
  block: true,
};
const emptyText: ScalarAnalysis = {
  multiline: false,
  flowPlain: false,
  blockPlain: true,
  single: true,
  block: false,
};

/** Texts that need no look: letters, digits and marks that never are indicators. */
const harmless = /^[A-Za-z0-9_./$+=~^()<;\\][A-Za-z0-9_./$+=~^()<>;\\&*!|%@`'"-]*$/;
const breaks = /[\n\r\u0085\u2028\u2029]/;
/** What libyaml calls printable, tab and line breaks aside; the characters beyond the BMP are not. */
const unprintable = /[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;
const flowIndicators = /^[#,[\]{}&*!|>'"%@`?:]|^-(?:[ \t]|$)|[,?[\]{}:]|[ \t]#/;
const blockIndicators = /^[#,[\]{}&*!|>'"%@`]|^[-?:](?:[ \t]|$)|:(?:[ \t]|$)|[ \t]#/;

/**
 * Which ways of writing are open to a text. To v2 a tab is as special as a control character; v3 still allows it in
 * block scalars.
 */
export function analyzeScalar(text: string, dialect: YamlDialect = 'v2'): ScalarAnalysis {
  if (text === '') return emptyText;
  if (harmless.test(text) && !text.startsWith('...')) return plainText;
  const marker = text.startsWith('---') || text.startsWith('...');
  const multiline = breaks.test(text);
  const tab = text.includes('\t');
  const special = unprintable.test(text) || / [\n\r\u0085\u2028\u2029]/.test(text) || (tab && dialect === 'v2');
  const breakSpace = multiline && /[\n\r\u0085\u2028\u2029] /.test(text);
  const edges = /^[ \n\r\u0085\u2028\u2029]|[ \n\r\u0085\u2028\u2029]$/.test(text);
  const never = multiline || edges || special || tab;
  return {
    multiline,
    flowPlain: !never && !marker && !flowIndicators.test(text),
    blockPlain: !never && !marker && !blockIndicators.test(text),
    single: !special && !breakSpace && !tab,
    block: !special && !text.endsWith(' '),
  };
}

/** A cursor that knows its column, because libyaml folds by columns. */
export interface ScalarWriter {
  /** Code points written since the line began. */
  column: number;
  /** Indentation of a continued line. */
  readonly indent: number;
  /** Lines are folded once they are longer (80 for v2, never for v3). */
  readonly width: number;
}

/** A plain scalar, folded at single spaces. */
export function writePlain(text: string, at: ScalarWriter, mayFold: boolean): string {
  return mayFold && at.column + text.length > at.width ? fold(text, at, false) : text;
}

/** A single-quoted scalar; line breaks inside are doubled as the style wants. */
export function writeSingle(text: string, at: ScalarWriter, mayFold: boolean): string {
  const doubled = text.replaceAll("'", "''");
  const pad = ' '.repeat(at.indent);
  if (doubled.includes('\n')) {
    const broken = doubled.replace(/\n+/g, (run, offset: number) => {
      const rest = offset + run.length < doubled.length ? pad : '';
      return `\n${run}${rest}`;
    });
    return `'${broken}'`;
  }
  if (!mayFold || at.column + doubled.length + 1 <= at.width) return `'${doubled}'`;
  at.column++;
  return `'${fold(text, at, true)}'`;
}

/** Breaks a text at single spaces once the column is beyond the width (write_plain_scalar, write_single_quoted). */
function fold(text: string, at: ScalarWriter, quoted: boolean): string {
  let out = '';
  let spaces = false;
  const points = [...text];
  for (let i = 0; i < points.length; i++) {
    const char = points[i] as string;
    if (char === ' ') {
      const inside = !quoted || (i > 0 && i < points.length - 1);
      if (!spaces && at.column > at.width && inside && points[i + 1] !== ' ') {
        out += `\n${' '.repeat(at.indent)}`;
        at.column = at.indent;
      } else {
        out += ' ';
        at.column++;
      }
      spaces = true;
      continue;
    }
    spaces = false;
    out += quoted && char === "'" ? "''" : char;
    at.column += quoted && char === "'" ? 2 : 1;
  }
  return out;
}

const shortEscapes: ReadonlyMap<number, string> = new Map([
  [0x00, '0'],
  [0x07, 'a'],
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0b, 'v'],
  [0x0c, 'f'],
  [0x0d, 'r'],
  [0x1b, 'e'],
  [0x22, '"'],
  [0x5c, '\\'],
  [0x85, 'N'],
  [0xa0, '_'],
  [0x2028, 'L'],
  [0x2029, 'P'],
]);
const escaped = /[^\x20\x21\x23-\x5b\x5d-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;

function escapeOf(point: number): string {
  const short = shortEscapes.get(point);
  if (short !== undefined) return `\\${short}`;
  const hex = point.toString(16).toUpperCase();
  if (point <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return point <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** A double-quoted scalar with libyaml's escapes, folded at spaces. */
export function writeDouble(text: string, at: ScalarWriter, mayFold: boolean): string {
  if (!escaped.test(text) && (!mayFold || at.column + text.length + 1 <= at.width)) return `"${text}"`;
  let out = '"';
  at.column++;
  let spaces = false;
  const points = [...text];
  for (let i = 0; i < points.length; i++) {
    const char = points[i] as string;
    if (escaped.test(char)) {
      const written = escapeOf(char.codePointAt(0) ?? 0);
      out += written;
      at.column += written.length;
      spaces = false;
    } else if (char === ' ' && mayFold && !spaces && at.column > at.width && i > 0 && i < points.length - 1) {
      out += `\n${' '.repeat(at.indent)}${points[i + 1] === ' ' ? '\\' : ''}`;
      at.column = at.indent + (points[i + 1] === ' ' ? 1 : 0);
      spaces = true;
    } else {
      out += char;
      at.column++;
      spaces = char === ' ';
    }
  }
  return `${out}"`;
}

/** Indentation and chomping indicators of a block scalar (write_block_scalar_hints); indentation is always 2. */
function blockHints(text: string): string {
  const indent = /^[ \n\r\u0085\u2028\u2029]/.test(text) ? '2' : '';
  if (!/[\n\r\u0085\u2028\u2029]$/.test(text)) return `${indent}-`;
  const keep = text.length === 1 || /[\n\r\u0085\u2028\u2029]$/.test(text.slice(0, -1));
  return keep ? `${indent}+` : indent;
}

/** A literal block scalar, from its `|` to its last line; ends with a line break only when the text does. */
export function writeLiteral(text: string, indent: number): string {
  const pad = ' '.repeat(indent);
  return `|${blockHints(text)}\n${text.replace(/^(?=.)/gm, pad)}`;
}

/**
 * A folded block scalar that is never wrapped (v3's endless width). The empty line that keeps a line break from being
 * folded depends on how the whole text begins, a slip of libyaml that changes what is read back.
 */
export function writeFolded(text: string, indent: number): string {
  const pad = ' '.repeat(indent);
  const doubled = /^\n*[^ \t\n]/.test(text);
  let out = `>${blockHints(text)}\n`;
  let lineStart = true;
  let leading = true;
  for (const char of text) {
    if (char === '\n') {
      if (!lineStart && !leading && doubled) out += '\n';
      out += char;
      lineStart = true;
      continue;
    }
    if (lineStart) {
      out += pad;
      leading = char === ' ' || char === '\t';
    }
    out += char;
    lineStart = false;
  }
  return out;
}
