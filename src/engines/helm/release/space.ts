import { isSpace } from '../functions/letter-case.ts';

/** Where the first character stands that is no space (unicode.IsSpace); the length of the text when there is none. */
export function skipSpace(text: string, from = 0): number {
  let at = from;
  while (at < text.length && isSpaceAt(text, at)) at++;
  return at;
}

/** strings.TrimSpace. By hand: an expression for spaces at the end tries every run of spaces within, too. */
export function trimSpace(text: string): string {
  const start = skipSpace(text);
  let end = text.length;
  while (end > start && isSpaceAt(text, end - 1)) end--;
  return text.slice(start, end);
}

function isSpaceAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code < 0x80 ? code === 32 || (code >= 9 && code <= 13) : isSpace(text.charAt(at));
}
