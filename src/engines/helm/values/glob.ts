/**
 * A pattern of `.Files.Glob` (gobwas/glob with a slash as separator): `*` and `?` stay in a directory, `**` does not,
 * `[a-z]`, `[!a]` and `{a,b}` are what they look like. Undefined for what is no pattern.
 */
export function compileGlob(pattern: string): ((name: string) => boolean) | undefined {
  const source = translate(pattern);
  if (source === undefined) return undefined;
  try {
    const expression = new RegExp(`^(?:${source})$`, 'su');
    return (name) => expression.test(name);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const MAX_PATTERN = 1024;

function translate(pattern: string): string | undefined {
  if (pattern.length > MAX_PATTERN) return undefined;
  let braces = 0;
  let isBroken = false;
  // More than two stars mean no more than two, and a run of quantifiers would take long.
  const source = pattern.replace(/\*+|\[.[^\]]*\]|\\.|[\s\S]/gu, (token) => {
    if (token.startsWith('*')) return token.length > 1 ? '.*' : '[^/]*';
    if (token.length > 1 && token.startsWith('[')) return characterClass(token.slice(1, -1));
    if (token.startsWith('\\')) return escaped(token.slice(1));
    if (token === '[') isBroken = true;
    if (token === '?') return '[^/]';
    if (token === '{') {
      braces++;
      return '(?:';
    }
    if (token === '}' && braces > 0) {
      braces--;
      return ')';
    }
    return token === ',' && braces > 0 ? '|' : escaped(token);
  });
  if (isBroken) return undefined;
  // Alternatives without an end match nothing.
  return braces === 0 ? source : '(?!)';
}

function characterClass(content: string): string {
  const isNegated = content.startsWith('!');
  const body = (isNegated ? content.slice(1) : content).replace(/[\\\]^[]/g, '\\$&');
  return `[${isNegated ? '^' : ''}${body}]`;
}

function escaped(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}
