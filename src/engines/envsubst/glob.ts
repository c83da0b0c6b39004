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

/** One step of a compiled pattern: any text, or one character that it takes. */
export type GlobStep = 'star' | ((char: string) => boolean);

/** A pattern as steps, for {@link GlobRun}; undefined when it is none, which only matching to the end may find out. */
export function compileGlob(pattern: string): readonly GlobStep[] | undefined {
  const steps: GlobStep[] = [];
  let rest = [...pattern];
  try {
    while (rest.length > 0) {
      const { star, chunk, after } = nextChunk(rest);
      if (star) steps.push('star');
      for (let at = 0; at < chunk.length; ) {
        const step = stepAt(chunk, at);
        steps.push(step.takes);
        at = step.next;
      }
      rest = after;
    }
  } catch (error) {
    if (error instanceof BadPattern) return undefined;
    throw error;
  }
  return steps;
}

function stepAt(chunk: readonly string[], at: number): { takes: (char: string) => boolean; next: number } {
  if (chunk[at] === '?') return { takes: () => true, next: at + 1 };
  if (chunk[at] === '[') {
    const { next } = matchClass(chunk, at + 1, 'a');
    return { takes: (char) => matchClass(chunk, at + 1, char).match, next };
  }
  const place = chunk[at] === '\\' ? at + 1 : at;
  const literal = chunk[place];
  if (literal === undefined) throw new BadPattern();
  return { takes: (char) => char === literal, next: place + 1 };
}

/** Matches all prefixes of a text at once: every character costs as much as the pattern is long. */
export class GlobRun {
  readonly #steps: readonly GlobStep[];
  #at: readonly boolean[];

  constructor(steps: readonly GlobStep[], at?: readonly boolean[]) {
    this.#steps = steps;
    this.#at = at ?? this.#closed([true]);
  }

  /** Whether the pattern matches all that was taken so far. */
  get matches(): boolean {
    return this.#at[this.#steps.length] === true;
  }

  /** The run after one character more; this one stays. */
  after(char: string): GlobRun {
    const next: boolean[] = [];
    for (const [i, step] of this.#steps.entries()) {
      if (this.#at[i] !== true) continue;
      if (step === 'star') next[i] = true;
      else if (step(char)) next[i + 1] = true;
    }
    return new GlobRun(this.#steps, this.#closed(next));
  }

  /** A star may take nothing. */
  #closed(at: boolean[]): boolean[] {
    for (const [i, step] of this.#steps.entries()) if (step === 'star' && at[i] === true) at[i + 1] = true;
    return at;
  }
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
