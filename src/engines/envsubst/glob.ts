/** A pattern that is no pattern: an open class, a trailing backslash. */
export class BadPattern extends Error {
  override readonly name = 'BadPattern';
}

/**
 * Shell matching of a whole text, as Go's `path.Match` but with `*` and `?` also matching `/`
 * (github.com/fluxcd/pkg envsubst/path/match.go). Throws {@link BadPattern}.
 */
export function globMatch(pattern: string, text: string): boolean {
  let rest = [...pattern];
  let name = [...text];
  while (rest.length > 0) {
    const { star, chunk, after } = nextChunk(rest);
    rest = after;
    if (star && chunk.length === 0) return true;
    const found = place(chunk, name, star, rest.length === 0);
    if (found === undefined) return false;
    name = found;
  }
  return name.length === 0;
}

/** What is left of `name` after `chunk`; a star before the chunk lets it begin anywhere. */
function place(chunk: readonly string[], name: string[], star: boolean, last: boolean): string[] | undefined {
  const limit = star ? name.length : 0;
  for (let skip = 0; skip <= limit; skip++) {
    const left = matchChunk(chunk, name.slice(skip));
    if (left !== undefined && (left.length === 0 || !last)) return left;
  }
  return undefined;
}

function nextChunk(pattern: string[]): { star: boolean; chunk: string[]; after: string[] } {
  let start = 0;
  while (pattern[start] === '*') start++;
  let end = start;
  let inClass = false;
  for (; end < pattern.length; end++) {
    const char = pattern[end];
    if (char === '\\') {
      if (end + 1 < pattern.length) end++;
    } else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '*' && !inClass) break;
  }
  return { star: start > 0, chunk: pattern.slice(start, end), after: pattern.slice(end) };
}

function matchChunk(chunk: readonly string[], name: string[]): string[] | undefined {
  let at = 0;
  let used = 0;
  while (at < chunk.length) {
    const char = name[used];
    if (char === undefined) return undefined;
    used++;
    if (chunk[at] === '[') {
      const found = matchClass(chunk, at + 1, char);
      if (!found.match) return undefined;
      at = found.next;
    } else if (chunk[at] === '?') at++;
    else {
      if (chunk[at] === '\\') at++;
      if (at >= chunk.length) throw new BadPattern();
      if (chunk[at] !== char) return undefined;
      at++;
    }
  }
  return name.slice(used);
}

function matchClass(chunk: readonly string[], start: number, char: string): { match: boolean; next: number } {
  let at = start;
  const negated = chunk[at] === '^';
  if (negated) at++;
  let match = false;
  for (let ranges = 0; !(chunk[at] === ']' && ranges > 0); ranges++) {
    const low = classMember(chunk, at);
    let high = low;
    if (chunk[low.next] === '-') high = classMember(chunk, low.next + 1);
    if (low.point <= point(char) && point(char) <= high.point) match = true;
    at = high.next;
  }
  return { match: match !== negated, next: at + 1 };
}

function classMember(chunk: readonly string[], start: number): { point: number; next: number } {
  let at = start;
  if (at >= chunk.length || chunk[at] === '-' || chunk[at] === ']') throw new BadPattern();
  if (chunk[at] === '\\') at++;
  const char = chunk[at];
  if (char === undefined || at + 1 >= chunk.length) throw new BadPattern();
  return { point: point(char), next: at + 1 };
}

function point(char: string): number {
  return char.codePointAt(0) ?? 0;
}
