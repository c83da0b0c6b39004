import { Branch, type Branches, Comment, type Item } from '../document.ts';
import { SopsError } from '../sops-error.ts';

/**
 * An INI file: sections as mappings, which may have the same name; keys before the first section are in `DEFAULT`
 * (getsops/sops stores/ini, on gopkg.in/ini.v1 with its default options: inline comments, continuation lines, quotes).
 * Throws {@link SopsError} with code `format`, which names the line and not its text.
 */
export function readIni(text: string): Branches {
  return [new Reader(text).file()];
}

interface Section {
  readonly name: string;
  readonly comment: string;
  readonly keys: Map<string, { value: string; comment: string }>;
}

class Reader {
  readonly #lines: readonly string[];
  #at = 0;
  #comment = '';
  #unnamed = 1;
  readonly #sections: Section[] = [newSection('DEFAULT', '')];

  constructor(text: string) {
    this.#lines = text.replace(/^\ufeff/, '').split(/(?<=\n)/);
  }

  file(): Branch {
    while (this.#at < this.#lines.length) this.#line(this.#read().trimStart());
    return new Branch(this.#sections.map(itemOf));
  }

  #read(): string {
    return this.#lines[this.#at++] ?? '';
  }

  #line(line: string): void {
    if (line === '') return;
    if (/^[#;]/.test(line)) this.#comment += line;
    else if (line.startsWith('[')) this.#section(line);
    else this.#key(line);
  }

  #section(line: string): void {
    const close = line.lastIndexOf(']');
    if (close < 0) throw this.#error('unclosed section');
    if (close === 1) throw this.#error('empty section name');
    this.#comment += /[#;].*/s.exec(line.slice(close + 1))?.[0] ?? '';
    this.#sections.push(newSection(line.slice(1, close), this.#takeComment()));
    this.#unnamed = 1;
  }

  #key(line: string): void {
    const { name, rest } = this.#name(line);
    const key = name === '-' ? `#${this.#unnamed++}` : name;
    if (key === '') throw this.#error('empty key name');
    const value = this.#value(rest);
    const keys = this.#sections.at(-1)?.keys;
    const comment = this.#takeComment();
    keys?.set(key, { value, comment });
  }

  #name(line: string): { readonly name: string; readonly rest: string } {
    const quote = line.startsWith('"""') && line.length > 6 ? '"""' : (/^["`]/.exec(line)?.[0] ?? '');
    const close = quote === '' ? 0 : line.indexOf(quote, quote.length);
    if (close < 0) throw this.#error('missing closing key quote');
    const delimiter = /[=:]/.exec(line.slice(close))?.index;
    if (delimiter === undefined) throw this.#error('key-value delimiter not found');
    const end = close + delimiter;
    if (quote === '' && end === 0) throw this.#error('empty key name');
    return { name: line.slice(quote.length, quote === '' ? end : close).trim(), rest: line.slice(end + 1) };
  }

  #value(rest: string): string {
    const line = rest.trimStart();
    const quote = line.startsWith('"""') && line.length > 3 ? '"""' : line.startsWith('`') ? '`' : '';
    if (quote !== '') return this.#quoted(line.slice(quote.length), quote);
    const trimmed = line.trimEnd();
    if (trimmed.endsWith('\\')) return this.#continued(trimmed.slice(0, -1));
    const mark = trimmed.search(/[#;]/);
    if (mark >= 0) this.#comment += trimmed.slice(mark);
    const value = mark < 0 ? trimmed : trimmed.slice(0, mark).trimEnd();
    return isQuoted(value, "'") || isQuoted(value, '"') ? value.slice(1, -1) : value;
  }

  #quoted(line: string, quote: string): string {
    const end = line.lastIndexOf(quote);
    if (end >= 0) return line.slice(0, end);
    let value = line;
    while (this.#at < this.#lines.length) {
      const next = this.#read();
      const close = next.lastIndexOf(quote);
      if (
        close < 0 ||
        next
          .slice(close + quote.length)
          .trimEnd()
          .endsWith('\\')
      ) {
        value += next;
        continue;
      }
      this.#comment += /[#;].*/s.exec(next.slice(close))?.[0].trim() ?? '';
      return value + next.slice(0, close);
    }
    throw this.#error('missing closing key quote');
  }

  #continued(first: string): string {
    const parts = [first];
    while (this.#at < this.#lines.length) {
      const next = this.#read().trim();
      if (next.endsWith('\\')) parts.push(next.slice(0, -1));
      else {
        parts.push(next);
        break;
      }
    }
    return parts.join('');
  }

  #takeComment(): string {
    const comment = this.#comment.trim();
    this.#comment = '';
    return comment;
  }

  #error(reason: string): SopsError {
    return new SopsError('format', `Could not unmarshal input data: line ${this.#at}: ${reason}`);
  }
}

function newSection(name: string, comment: string): Section {
  return { name, comment, keys: new Map() };
}

/** Whether the quote stands at both ends and nowhere between. */
function isQuoted(text: string, quote: string): boolean {
  return text.length >= 2 && text.startsWith(quote) && text.indexOf(quote, 1) === text.length - 1;
}

/** The comment of a section comes first in it, that of a key behind the key. */
function itemOf({ name, comment, keys }: Section): Item {
  const items = [...commentOf(comment)];
  for (const [key, entry] of keys) items.push({ key, value: entry.value }, ...commentOf(entry.comment));
  return { key: name, value: new Branch(items) };
}

function commentOf(comment: string): readonly Item[] {
  if (comment === '') return [];
  const text = comment.startsWith(';') ? comment.replace(/^[; ]+/, '') : comment.replace(/^[# ]+/, '');
  return [{ key: new Comment(text), value: null }];
}
