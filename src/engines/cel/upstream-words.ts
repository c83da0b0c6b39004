/** What is wrong with an expression, and where. */
export interface Flaw {
  readonly message: string;
  /** In characters from the start of the expression. */
  readonly offset: number;
}

/** What may begin an operand, as cel-go's grammar lists it. */
const operand =
  "'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER";
const tokens = /^(?:&&|\|\||[=!<>]=|\.\d+|[\w]+|"[^"]*"|'[^']*'|.)/s;

/** Functions of Flux's environment: the standard ones, and those of texts (cel-go ext.Strings). */
const functions: ReadonlySet<string> = new Set(
  [
    'bool bytes contains double duration dyn endsWith getDate getDayOfMonth getDayOfWeek getDayOfYear getFullYear',
    'getHours getMilliseconds getMinutes getMonth getSeconds int matches size startsWith string timestamp type uint',
    'charAt format indexOf join lastIndexOf lowerAscii quote replace reverse split substring trim upperAscii',
  ].flatMap((line) => line.split(' ')),
);

type Words = (text: string, offset: number, found: RegExpMatchArray) => Flaw;

/** The library's words for what is wrong, each with cel-go's. */
const words: readonly (readonly [RegExp, Words])[] = [
  [/^Unexpected token: EOF$/, (_text, offset) => ({ message: mismatch('<EOF>', `{${operand}}`), offset })],
  [/^Unexpected token: /, strayOperator],
  [/^Unexpected character: '.*'$/s, strayEnd],
  [
    /^Unexpected character: ./s,
    (text, offset) => unrecognized(text.slice(offset, offset + (text[offset] === '=' ? 2 : 1)), offset),
  ],
  [/^Unterminated string/, (text, offset) => unrecognized(text.slice(offset), offset)],
  [/^Expected RPAREN, got EOF$/, (_text, offset) => missing(')', offset)],
  [/^Expected RBRACKET, got EOF$/, (text, offset) => (isIndex(text) ? missing(']', offset) : unclosed(']', offset))],
  [/^Expected RBRACE, got EOF$/, (_text, offset) => unclosed('}', offset)],
  [/^Expected COLON, got EOF$/, (_text, offset) => ({ message: mismatch('<EOF>', "':'"), offset })],
  [/^Expected IDENTIFIER, got NUMBER$/, (text, offset) => strayEnd(text, offset - 1)],
  [/^Expected IDENTIFIER, got (?:EOF|DOT)$/, noName],
];

const typeWords: readonly (readonly [RegExp, Words])[] = [
  [/^has\(\) invalid argument/, (_text, offset) => ({ message: 'invalid argument to has() macro', offset })],
  [
    /^Cannot index type '(.*)'$/,
    (text, offset, [, type = '']) => ({
      message: `type '${type}' does not support field selection`,
      offset: text[offset - 1] === '.' ? offset - 1 : offset,
    }),
  ],
  [
    /^List elements must have the same type, (expected type .*)$/,
    (_text, offset, [, rest = '']) => ({ message: rest, offset }),
  ],
  [/^found no matching overload for '(?:(.*)\.)?(\w+)\((.*)\)'$/, noOverload],
];

/**
 * What cel-go's parser, made by ANTLR, says of a flaw in the syntax that the library calls `summary`: users of Flux know
 * these words, and conditions are compared by them. What has none keeps the library's.
 */
export function syntaxFlaw(text: string, offset: number, summary: string): Flaw {
  const { message, ...where } = inWords(words, text, offset, summary);
  return { message: `Syntax error: ${message}`, ...where };
}

/** The same for what cel-go's checker says of types. */
export function typeFlaw(text: string, offset: number, summary: string): Flaw {
  return inWords(typeWords, text, offset, summary);
}

function inWords(table: typeof words, text: string, offset: number, summary: string): Flaw {
  for (const [pattern, say] of table) {
    const found = pattern.exec(summary);
    if (found !== null) return say(text, offset, found);
  }
  return { message: summary, offset };
}

/** An operator where an operand should be: one that is too many, when an operand follows. */
function strayOperator(text: string, offset: number): Flaw {
  const [token = ''] = tokens.exec(text.slice(offset)) ?? [];
  const rest = text.slice(offset + token.length).trimStart();
  const message = /^[[{(.\-!\w'"]/.test(rest) ? extraneous(token, `{${operand}}`) : mismatch(token, `{${operand}}`);
  return { message, offset };
}

/** Something after the end: one token that is too many, or more. */
function strayEnd(text: string, offset: number): Flaw {
  const [token = ''] = tokens.exec(text.slice(offset)) ?? [];
  const isLast = text.slice(offset + token.length).trim() === '';
  return { message: isLast ? extraneous(token, '<EOF>') : mismatch(token, '<EOF>'), offset };
}

function noName(text: string, offset: number): Flaw {
  const dots = /\.\s*\.?$/.exec(text.slice(0, offset + 1))?.[0] ?? '.';
  return { message: `no viable alternative at input '${dots.trim()}'`, offset };
}

/** The place of a call is its parenthesis; a name that nobody knows is told as that. */
function noOverload(text: string, offset: number, [, receiver, name = '', types = '']: RegExpMatchArray): Flaw {
  const call = text.indexOf(`${receiver === undefined ? '' : '.'}${name}(`, offset);
  const place = call < 0 ? offset : text.indexOf('(', call);
  if (!functions.has(name)) return { message: `undeclared reference to '${name}' (in container '')`, offset: place };
  const applied = receiver === undefined ? `(${types})` : `${receiver}.(${types})`;
  return { message: `found no matching overload for '${name}' applied to '${applied}'`, offset: place };
}

/** Whether the bracket that is still open selects from something, and does not begin a list. */
function isIndex(text: string): boolean {
  return /[\w)\]'"]\s*\[[^\]]*$/.test(text);
}

function missing(token: string, offset: number): Flaw {
  return { message: `missing '${token}' at '<EOF>'`, offset };
}

function unclosed(token: string, offset: number): Flaw {
  return { message: mismatch('<EOF>', `{'${token}', ','}`), offset };
}

function unrecognized(token: string, offset: number): Flaw {
  return { message: `token recognition error at: '${token}'`, offset };
}

function mismatch(token: string, expected: string): string {
  return `mismatched input '${token}' expecting ${expected}`;
}

function extraneous(token: string, expected: string): string {
  return `extraneous input '${token}' expecting ${expected}`;
}
