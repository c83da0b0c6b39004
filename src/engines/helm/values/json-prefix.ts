/** How long the JSON value is that a text begins with; the whole text where no end can be found. */
export function jsonPrefix(text: string): number {
  const start = text.search(/\S/);
  const first = text[start] ?? '';
  if (first === '"') return closingQuote(text, start) + 1 || text.length;
  if (first !== '{' && first !== '[') return /^\s*[^\s,\]}]*/.exec(text)?.[0].length ?? text.length;
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      at = closingQuote(text, at);
      if (at < 0) break;
    } else if (character === '{' || character === '[') depth++;
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1;
  }
  return text.length;
}

function closingQuote(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return -1;
}
