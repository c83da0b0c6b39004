import { Branch, Comment, type Item, isList } from '../document.ts';
import { SopsError } from '../sops-error.ts';
import { textOf } from './scalar-text.ts';

interface Key {
  readonly name: string;
  value: string;
  comment: string;
}

/**
 * An INI file as gopkg.in/ini.v1 writes it: `=` aligned within a section, an empty line between sections, the default
 * section without a header when it comes first (getsops/sops stores/ini). Throws {@link SopsError} with code `output`.
 */
export function writeIni({ items }: Branch): string {
  const sections = items.flatMap(({ key, value }) => {
    if (key instanceof Comment) return [];
    if (!(value instanceof Branch)) throw new SopsError('output', 'Section values should always be TreeBranches');
    return [{ name: key, body: value.items }];
  });
  return sections.map(({ name, body }, i) => section(name, body, i, i === sections.length - 1)).join('');
}

function section(name: string, body: readonly Item[], index: number, last: boolean): string {
  const [head] = body;
  const comment = head?.key instanceof Comment ? head.key.text : '';
  const keys = keysOf(head?.key instanceof Comment ? body.slice(1) : body);
  const headless = index === 0 && name.toUpperCase() === 'DEFAULT';
  if (headless && keys.length === 0) return commentLines(comment);
  const width = Math.max(0, ...keys.map((key) => Buffer.byteLength(quotedName(key.name))));
  const lines = keys.map((key) => {
    const written = quotedName(key.name);
    const pad = ' '.repeat(width - Buffer.byteLength(written));
    return `${commentLines(key.comment)}${written}${pad} = ${quotedValue(key.value)}\n`;
  });
  return `${commentLines(comment)}${headless ? '' : `[${name}]\n`}${lines.join('')}${last ? '' : '\n'}`;
}

/** A key that comes again replaces the value; a comment belongs to the key before it. */
function keysOf(body: readonly Item[]): readonly Key[] {
  const keys = new Map<string, Key>();
  let current: Key | undefined;
  for (const { key, value } of body) {
    if (key instanceof Comment) {
      if (current !== undefined) current.comment = key.text;
      continue;
    }
    if (key === '') throw new SopsError('output', 'Error encoding key: empty key name');
    if (value instanceof Branch || (value !== null && isList(value))) {
      throw new SopsError('output', `cannot use complex value in INI file; offending key ${key}`);
    }
    current = keys.get(key) ?? { name: key, value: '', comment: '' };
    current.value = textOf(value);
    keys.set(key, current);
  }
  return [...keys.values()];
}

function commentLines(comment: string): string {
  if (comment === '') return '';
  return comment
    .split('\n')
    .map((line) => (/^[#;]/.test(line) ? `${line[0]} ${line.slice(1).trim()}\n` : `; ${line.trim()}\n`))
    .join('');
}

function quotedName(name: string): string {
  if (/["=:]/.test(name)) return `\`${name}\``;
  return name.includes('`') ? `"""${name}"""` : name;
}

function quotedValue(value: string): string {
  if (/[\n`]/.test(value)) return `"""${value}"""`;
  if (/[#;]/.test(value)) return `\`${value}\``;
  return value.trim().length === value.length ? value : `"${value}"`;
}
