import { EVENT_ID, type Event, parseEvents, SCALAR_STYLE, type ScalarEvent } from 'js-yaml';
import type { YamlNode } from '../../yaml/node.ts';

/** A place in a text; both count from 0. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A comment on a line of its own: its text without the `#`. */
export interface OwnLineComment extends Place {
  readonly text: string;
}

/** What a YAML text has beside its values. */
export interface Layout {
  /** In order. */
  readonly comments: readonly OwnLineComment[];
  /** Comments behind something, by line. */
  readonly inline: ReadonlyMap<number, string>;
  /** The lines of `---`. */
  readonly separators: readonly number[];
  /** Where nodes begin; nothing is said of empty scalars. */
  readonly places: ReadonlyMap<YamlNode, Place>;
}

const none: Layout = { comments: [], inline: new Map(), separators: [], places: new Map() };

/** Finds the comments of a text and where its nodes stand. A text that cannot be laid out so is taken to have none. */
export function layoutOf(text: string, documents: readonly YamlNode[]): Layout {
  if (!text.includes('#')) return none;
  let events: readonly Event[];
  try {
    events = parseEvents(text, { maxDepth: 400 });
  } catch {
    return none;
  }
  const lines = new Lines(text);
  const comments: OwnLineComment[] = [];
  const inline = new Map<number, string>();
  const separators: number[] = [];
  for (const [start, end] of gapsBetweenScalars(text, events)) {
    for (const match of text.slice(start, end).matchAll(/(^|(?<=[ \t\n]))#[^\r\n]*|(?<=^|\n)---(?=\s|$)/g)) {
      const at = start + match.index;
      if (match[1] === '' && at > 0 && !/[ \t\n]/.test(text[at - 1] ?? '')) continue;
      const place = lines.place(at);
      if (match[0] === '---') separators.push(place.line);
      else if (lines.isBlankBefore(at)) comments.push({ ...place, text: match[0].slice(1) });
      else inline.set(place.line, match[0].slice(1));
    }
  }
  return { comments, inline, separators, places: placesOf(events, documents, lines) };
}

class Lines {
  readonly #text: string;
  readonly #starts: readonly number[];

  constructor(text: string) {
    this.#text = text;
    const starts = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#starts = starts;
  }

  place(offset: number): Place {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low, column: offset - (this.#starts[low] ?? 0) };
  }

  isBlankBefore(offset: number): boolean {
    const { column } = this.place(offset);
    return this.#text.slice(offset - column, offset).trim() === '';
  }
}

/** Where comments may stand: everything but the texts of scalars. */
function* gapsBetweenScalars(text: string, events: readonly Event[]): Generator<readonly [start: number, end: number]> {
  let at = 0;
  for (const event of events) {
    if (event.type !== EVENT_ID.SCALAR || event.valueStart < 0) continue;
    yield [at, event.valueStart];
    at = event.valueEnd;
  }
  yield [at, text.length];
}

/** Nodes and events come in the same order. */
function placesOf(
  events: readonly Event[],
  documents: readonly YamlNode[],
  lines: Lines,
): ReadonlyMap<YamlNode, Place> {
  const starts = events.flatMap((event) => startOf(event));
  const places = new Map<YamlNode, Place>();
  let next = 0;
  const visit = (node: YamlNode): void => {
    const start = starts[next++] ?? -1;
    if (start >= 0) places.set(node, lines.place(start));
    for (const child of node.content) visit(child);
  };
  for (const document of documents) visit(document);
  return places;
}

function startOf(event: Event): readonly number[] {
  switch (event.type) {
    case EVENT_ID.SCALAR:
      return [isQuoted(event) ? event.valueStart - 1 : event.valueStart];
    case EVENT_ID.ALIAS:
      return [event.anchorStart];
    case EVENT_ID.SEQUENCE:
    case EVENT_ID.MAPPING:
      return [event.start];
    default:
      return [];
  }
}

function isQuoted({ style }: ScalarEvent): boolean {
  return style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED;
}
