import { isSpace, isUpper, lowerOf, upperOf } from './letter-case.ts';

/** Names from words: `some_value`, `some-value`, `SomeValue` (huandu/xstrings, convert.go). */

function isConnector(character: string): boolean {
  return character === '-' || character === '_' || isSpace(character);
}

/** xstrings.ToPascalCase. */
export function pascalCase(text: string): string {
  const characters = [...text];
  const first = characters.findIndex((character) => !isConnector(character));
  if (first < 0) return text;
  let out = characters.slice(0, first).join('');
  let current = characters[first] ?? '';
  let isFirstUpper = isUpper(current);
  current = upperOf(current);
  for (let character of characters.slice(first + 1)) {
    const previous = current;
    if (isConnector(character) && isConnector(previous)) {
      out += previous;
    } else if (isConnector(previous)) {
      isFirstUpper = isUpper(character);
      character = upperOf(character);
    } else {
      if (isFirstUpper && isUpper(character)) character = lowerOf(character);
      else isFirstUpper = false;
      out += previous;
    }
    current = character;
  }
  return out + current;
}

type WordType = 'none' | 'number' | 'upper' | 'letters' | 'connector' | 'punctuation' | 'other';

interface Word {
  readonly type: WordType;
  readonly text: string;
}

const isNumber = (character: string): boolean => /^\p{N}$/u.test(character);
const isPunctuation = (character: string): boolean => /^\p{P}$/u.test(character);

/** Ideographs are letters of no alphabet to xstrings. */
const ideographs = [
  [0x3400, 0x4d85],
  [0x4e00, 0x9fcc],
  [0x20000, 0x2b81d],
] as const;

function isAlphabet(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return /^\p{L}$/u.test(character) && !ideographs.some(([first, last]) => code >= first && code <= last);
}

/** Splits off the words, one after another. */
class Words {
  readonly #characters: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#characters = [...text];
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#characters.length;
  }

  next(): Word {
    const start = this.#at;
    const first = this.#characters[start];
    if (first === undefined) return { type: 'none', text: '' };
    this.#at++;
    const type = this.#rest(first);
    return { type, text: this.#characters.slice(start, this.#at).join('') };
  }

  #rest(first: string): WordType {
    if (isConnector(first)) return this.#while('connector', isConnector);
    if (isPunctuation(first)) return this.#while('punctuation', isPunctuation);
    if (isUpper(first)) return this.#upper();
    if (isAlphabet(first)) return this.#while('letters', isLowerLetter);
    if (isNumber(first)) return this.#while('number', isNumber);
    return this.#while(
      'other',
      (character) =>
        !(isConnector(character) || isAlphabet(character) || isNumber(character) || isPunctuation(character)),
    );
  }

  /** `HTTPServer` is `HTTP` and `Server`: the last capital begins the next word. */
  #upper(): WordType {
    const second = this.#characters[this.#at];
    if (second === undefined) return 'upper';
    if (!isUpper(second)) return isAlphabet(second) ? this.#while('upper', isLowerLetter) : 'upper';
    this.#while('upper', isUpper);
    const after = this.#characters[this.#at];
    if (after !== undefined && isAlphabet(after)) this.#at--;
    return 'upper';
  }

  #while(type: WordType, holds: (character: string) => boolean): WordType {
    for (; this.#at < this.#characters.length; this.#at++) {
      const character = this.#characters[this.#at];
      if (character === undefined || !holds(character)) break;
    }
    return type;
  }
}

function isLowerLetter(character: string): boolean {
  return isAlphabet(character) && !isUpper(character);
}

const isWordLike = ({ type }: Word): boolean => type === 'letters' || type === 'number';
const endsName = ({ type }: Word): boolean => type === 'none' || type === 'punctuation' || type === 'connector';

function lowered({ text }: Word, connector: string): string {
  return [...text].map((character) => (isConnector(character) ? connector : lowerOf(character))).join('');
}

/** xstrings.ToSnakeCase and ToKebabCase, by the connector. */
export function connectWords(text: string, connector: '_' | '-'): string {
  if (text === '') return '';
  const words = new Words(text);
  const lower = (each: Word): string =>
    each.type === 'upper' || each.type === 'connector' ? lowered(each, connector) : each.text;
  let out = '';
  let word = words.next();

  const takeWordLike = (): void => {
    while (isWordLike(word)) {
      out += lower(word);
      word = words.next();
    }
    if (!endsName(word)) out += connector;
  };

  const afterNumber = (): void => {
    const number = word;
    word = words.next();
    if (word.type !== 'letters') {
      out += lower(number);
      if (word.type !== 'connector' && word.type !== 'punctuation') out += connector;
      return;
    }
    out += connector + lower(number);
    takeWordLike();
  };

  while (!words.isAtEnd) {
    if (word.type !== 'connector') out += lower(word);
    const previous = word;
    word = words.next();
    if (previous.type === 'number') takeWordLike();
    else if (previous.type === 'connector') out += lower(previous);
    else if (previous.type !== 'punctuation') {
      if (word.type !== 'number') out += word.type === 'connector' || word.type === 'punctuation' ? '' : connector;
      else if (!words.isAtEnd) afterNumber();
    }
  }
  return out + lower(word);
}
