/** A compiled pattern; tells whether a file name (without a slash) matches. */
export type Glob = (name: string) => boolean;

/**
 * A matcher that decides as Go's path/filepath.Match does on Unix for names without a slash: `*`, `?`, `[a-z]`,
 * `[^a-z]` and `\`. A malformed pattern matches nothing. One call takes at most the square of the name's length.
 */
export function compileGlob(pattern: string): Glob {
  if (!/[*?[\\]/.test(pattern)) return (name) => name === pattern;
  if (pattern.startsWith('*') && !/[*?[\\]/.test(pattern.slice(1))) return (name) => name.endsWith(pattern.slice(1));
  const chunks = scanChunks([...pattern]);
  return (name) => matchChunks(chunks, name);
}

function matchChunks(chunks: readonly Chunk[], name: string): boolean {
  const chars = [...name];
  let at = 0;
  for (const [i, { star, items }] of chunks.entries()) {
    const isLast = i === chunks.length - 1;
    if (star && items.length === 0) return true;
    const end = star ? matchSomewhere(items, chars, at, isLast) : matchChunk(items, chars, at);
    if (end === undefined || (isLast && end !== chars.length)) return false;
    at = end;
  }
  return at === chars.length;
}

/** A piece of the pattern without a star outside brackets, and whether stars precede it. */
interface Chunk {
  readonly star: boolean;
  readonly items: readonly string[];
}

function scanChunks(pattern: readonly string[]): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let at = 0;
  while (at < pattern.length) {
    let start = at;
    while (pattern[start] === '*') start++;
    const end = chunkEnd(pattern, start);
    chunks.push({ star: start > at, items: pattern.slice(start, end) });
    at = end;
  }
  return chunks;
}

function chunkEnd(pattern: readonly string[], start: number): number {
  let inBrackets = false;
  let end = start;
  for (; end < pattern.length; end++) {
    const char = pattern[end];
    if (char === '\\') end++;
    else if (char === '[') inBrackets = true;
    else if (char === ']') inBrackets = false;
    else if (char === '*' && !inBrackets) break;
  }
  return end;
}

/** Where the chunk ends when it is looked for from `from` on; the last chunk must reach the end of the name. */
function matchSomewhere(
  items: readonly string[],
  name: readonly string[],
  from: number,
  isLast: boolean,
): number | undefined {
  for (let at = from; at <= name.length; at++) {
    const end = matchChunk(items, name, at);
    if (end !== undefined && (!isLast || end === name.length)) return end;
  }
  return undefined;
}

/** The index after the chunk (which has no star) when it matches `name` at `at`. */
function matchChunk(chunk: readonly string[], name: readonly string[], at: number): number | undefined {
  let position = at;
  for (let i = 0; i < chunk.length; i++) {
    const char = name[position];
    if (char === undefined) return undefined;
    if (chunk[i] === '[') {
      const set = matchSet(chunk, i + 1, char);
      if (set?.matched !== true) return undefined;
      i = set.end;
    } else if (chunk[i] !== '?') {
      if (chunk[i] === '\\') i++;
      if (chunk[i] !== char) return undefined;
    }
    position++;
  }
  return position;
}

/** Reads the set that starts at `from` (after `[`); undefined when it is malformed. */
function matchSet(chunk: readonly string[], from: number, char: string): { matched: boolean; end: number } | undefined {
  let i = from;
  const negated = chunk[i] === '^';
  if (negated) i++;
  let matched = false;
  for (let ranges = 0; chunk[i] !== ']' || ranges === 0; ranges++) {
    const low = setMember(chunk, i);
    if (low === undefined) return undefined;
    i = low.next;
    let high = low;
    if (chunk[i] === '-') {
      const upper = setMember(chunk, i + 1);
      if (upper === undefined) return undefined;
      high = upper;
      i = upper.next;
    }
    if (low.code <= codeOf(char) && codeOf(char) <= high.code) matched = true;
  }
  return { matched: matched !== negated, end: i };
}

function setMember(chunk: readonly string[], at: number): { code: number; next: number } | undefined {
  if (chunk[at] === '-' || chunk[at] === ']') return undefined;
  const i = chunk[at] === '\\' ? at + 1 : at;
  const char = chunk[i];
  // Go wants something after each member: at least the closing bracket.
  return char === undefined || i + 1 >= chunk.length ? undefined : { code: codeOf(char), next: i + 1 };
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}
