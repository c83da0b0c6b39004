import { prefixBytes, quote } from './quote.ts';
/** The kinds of tokens (text/template/parse, lex.go). Keywords carry their own word as type. */
export type TokenType =
  | 'error'
  | 'bool'
  | 'char'
  | 'charConstant'
  | 'complex'
  | 'assign'
  | 'declare'
  | 'eof'
  | 'field'
  | 'identifier'
  | 'leftDelim'
  | 'leftParen'
  | 'number'
  | 'pipe'
  | 'rawString'
  | 'rightDelim'
  | 'rightParen'
  | 'string'
  | 'text'
  | 'variable'
  | 'dot'
  | Keyword;

export const keywords = [
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
] as const;
export type Keyword = (typeof keywords)[number];

const words: ReadonlySet<string> = new Set(keywords);

/** Whether the word is a keyword; `.` is a token of its own. */
export function isKeyword(word: string): word is Keyword {
  return words.has(word);
}

/** A token as error messages show it (lex.go, item.String). */
export function tokenText(type: TokenType, text: string): string {
  if (type === 'eof') return 'EOF';
  if (isKeyword(type) || type === 'dot') return `<${text}>`;
  return text.length > 10 ? `${quote(prefixBytes(text, 10))}...` : quote(text);
}
