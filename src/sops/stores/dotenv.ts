import { Branch, type Branches, Comment, type Item, isList } from '../document.ts';
import { SopsError } from '../sops-error.ts';
import { textOf } from './scalar-text.ts';

/**
 * Lines of `KEY=value` and `#comment`; `\n` in a value stands for a line break (getsops/sops stores/dotenv). Throws
 * {@link SopsError} with code `format`, which names the line and not its text.
 */
export function readDotenv(text: string): Branches {
  const items: Item[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const equals = line.indexOf('=');
    if (line.startsWith('#')) items.push({ key: new Comment(line.slice(1)), value: null });
    else if (equals < 0) throw new SopsError('format', `invalid dotenv input line ${index + 1}: it has no =`);
    else items.push({ key: line.slice(0, equals), value: line.slice(equals + 1).replaceAll('\\n', '\n') });
  }
  return [new Branch(items)];
}

/** Throws {@link SopsError} with code `output` on lists and mappings. */
export function writeDotenv({ items }: Branch): string {
  return items
    .map(({ key, value }) => {
      if (key instanceof Comment) return `#${key.text}\n`;
      if (value instanceof Branch || (value !== null && isList(value))) {
        throw new SopsError('output', `cannot use complex value in dotenv file; offending key ${key}`);
      }
      return `${key}=${typeof value === 'string' ? value.replaceAll('\n', '\\n') : textOf(value)}\n`;
    })
    .join('');
}
