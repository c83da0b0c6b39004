/** One way in which a registry wants to be told who asks (RFC 9110, 11.6.1). */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** Names in lower case: `realm`, `service`, `scope`, `error`. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** More than this in a header is no challenge. */
const maxHeaderLength = 8192;
const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const quoted = /"((?:[^"\\]|\\.)*)"/y;

/** The challenges in the values of `WWW-Authenticate`. What cannot be read ends the value it is in. */
export function parseChallenges(header: string | readonly string[] | undefined): readonly Challenge[] {
  const values = header === undefined ? [] : typeof header === 'string' ? [header] : header;
  return values.flatMap((value) => parseValue(value.slice(0, maxHeaderLength)));
}

/** The challenge that can be answered: the first of basic and bearer, else whichever comes first. */
export function pickChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  return challenges.find(({ scheme }) => scheme === 'basic' || scheme === 'bearer') ?? challenges[0];
}

interface Reader {
  readonly text: string;
  at: number;
}

function parseValue(text: string): readonly Challenge[] {
  const reader: Reader = { text, at: 0 };
  const found: { readonly scheme: string; readonly parameters: Record<string, string> }[] = [];
  for (;;) {
    skip(reader, /[\s,]*/y);
    const name = read(reader, token);
    if (name === undefined) return found;
    const value = parameterValue(reader);
    const open = found.at(-1);
    // A name with a value belongs to the challenge before it; one without begins a challenge.
    if (value === undefined) found.push({ scheme: name.toLowerCase(), parameters: Object.create(null) });
    else if (open !== undefined) open.parameters[name.toLowerCase()] ??= value;
    else return found;
  }
}

/** What follows `=`; undefined when no `=` follows. */
function parameterValue(reader: Reader): string | undefined {
  const before = reader.at;
  skip(reader, /[ \t]*/y);
  if (reader.text[reader.at] !== '=') {
    reader.at = before;
    return undefined;
  }
  reader.at += 1;
  skip(reader, /[ \t]*/y);
  const text = read(reader, quoted, 1);
  return text === undefined ? (read(reader, token) ?? '') : text.replaceAll(/\\(.)/g, '$1');
}

function read(reader: Reader, pattern: RegExp, group = 0): string | undefined {
  pattern.lastIndex = reader.at;
  const match = pattern.exec(reader.text);
  if (match === null) return undefined;
  reader.at = pattern.lastIndex;
  return match[group];
}

function skip(reader: Reader, pattern: RegExp): void {
  read(reader, pattern);
}
