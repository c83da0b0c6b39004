/**
 * The first JSON value of a text; what follows it does not count, as for Go's json.Decoder. Throws SyntaxError when
 * there is none.
 */
export function firstJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const end = endOfFirst(text);
    if (end === undefined) throw error;
    return JSON.parse(text.slice(0, end));
  }
}

/** Where the first object, list or text ends; undefined where none begins or ends. */
function endOfFirst(text: string): number | undefined {
  let depth = 0;
  let at = text.search(/\S/);
  const opens = text[at];
  if (opens !== '{' && opens !== '[' && opens !== '"') return undefined;
  for (; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      at = endOfText(text, at);
      if (depth === 0) return at + 1;
    } else if (character === '{' || character === '[') {
      depth++;
    } else if ((character === '}' || character === ']') && --depth === 0) {
      return at + 1;
    }
  }
  return undefined;
}

/** Where the text that begins at a quotation mark has its other one; the end where it has none. */
function endOfText(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
