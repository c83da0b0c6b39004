import { isRecord } from '../../../lib/json.ts';
import { parseYaml, YamlError } from '../../../yaml/parse.ts';
import { type Maker, readSimple } from '../../../yaml/simple.ts';
import { checkCount, IndexError, type IndexEvent, maxPieceLength, UnusualLayout } from './index-events.ts';

/** Versions are parsed together until their text has this many characters: each call of the parser costs something. */
const batchLength = 16 * 1024;

/** A line longer than this is flow style, which has no pieces. */
const maxLineLength = 1024 * 1024;

const jsonMaker: Maker<unknown> = {
  strict: true,
  map: (entries) => Object.fromEntries(entries),
  list: (items) => items,
  scalar: (value) => value,
};

/** A piece of the text that is parsed by itself. */
interface Piece {
  lines: string[];
  length: number;
  /** The number of its first line. */
  firstLine: number;
}

type Place =
  | { readonly in: 'head' }
  /** Below `entries:`, before the first chart. */
  | { readonly in: 'entries' }
  | { readonly in: 'chart'; readonly keyIndent: number; readonly name: string; itemIndent?: number };

/**
 * Reads an index.yaml in pieces, so that it never is in memory as a whole: what lies beside `entries` is one piece, and
 * some versions of one chart another. Block style, in which all tools write indexes, shows by indentation alone where
 * a piece ends; each piece is then read by the full parser, and what spans several (an anchor, a text in quotes that
 * begins anew at the margin) makes it fail. Throws {@link UnusualLayout} where pieces cannot be told, IndexError
 * and YamlError for what is wrong.
 */
export class YamlIndexReader {
  #place: Place = { in: 'head' };
  #head: Piece = newPiece(1);
  #piece: Piece = newPiece(1);
  #line = 0;
  /** The beginning of the next line. */
  #rest = '';
  #ended = false;
  #hasContent = false;
  readonly #charts = new Set<string>();

  /** Takes more text, and gives what is complete. */
  *take(text: string): Generator<IndexEvent> {
    const lines = text.split('\n');
    lines[0] = this.#rest + lines[0];
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > maxLineLength) throw new UnusualLayout('a line is very long');
    for (const line of lines) {
      if (this.#ended) return;
      this.#line += 1;
      yield* this.#takeLine(line);
    }
  }

  /** There is no more text. */
  *end(): Generator<IndexEvent> {
    if (this.#rest !== '') yield* this.take('\n');
    yield* this.#flush();
    const fields = parsed(this.#head);
    if (fields !== null && !isRecord(fields))
      throw new IndexError(
        `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonKind(fields)} into Go value of type repo.IndexFile`,
      );
    yield { type: 'head', fields: fields ?? {} };
  }

  *#takeLine(line: string): Generator<IndexEvent> {
    const indent = line.search(/[^ ]/);
    const first = indent < 0 ? '' : (line[indent] ?? '');
    if (first === '' || first === '#' || first === '\r') return this.#append(line);
    if (first === '\t') throw new UnusualLayout('a tab indents a line');
    if (indent > 0) return yield* this.#takeIndented(line, indent);
    yield* this.#flush();
    this.#takeTopLevel(line);
  }

  #takeTopLevel(line: string): void {
    const isFirst = !this.#hasContent;
    this.#hasContent = true;
    if (/^(---|\.\.\.)\s*$/.test(line)) {
      if (!isFirst) this.#ended = true;
      return;
    }
    if (line.startsWith('%') || line.startsWith('---')) throw new UnusualLayout('the document begins with a directive');
    if (/^entries\s*:\s*(#.*)?$/.test(line)) {
      if (this.#charts.size > 0) throw duplicate('entries', this.#line);
      this.#place = { in: 'entries' };
      return;
    }
    this.#place = { in: 'head' };
    add(this.#head, line, this.#line);
  }

  *#takeIndented(line: string, indent: number): Generator<IndexEvent> {
    const place = this.#place;
    if (place.in === 'head') return this.#append(line);
    const isItem = /^ *-(\s|$)/.test(line);
    if (place.in === 'chart' && (isItem || indent > place.keyIndent)) {
      if (isItem) place.itemIndent ??= indent;
      if (place.itemIndent === undefined || indent < place.itemIndent)
        throw new UnusualLayout('a chart is no list of versions in block style');
      if (isItem && indent === place.itemIndent && this.#piece.length > batchLength) yield* this.#flush();
      return this.#append(line);
    }
    yield* this.#flush();
    this.#beginChart(line, indent);
  }

  #beginChart(line: string, keyIndent: number): void {
    const key = /^ *([A-Za-z0-9_][\w./-]*|"[^"\\]+"|'[^']+') *:\s*(#.*)?$/.exec(line)?.[1];
    if (key === undefined) throw new UnusualLayout('an entry is no plain key');
    if (this.#place.in === 'chart' && this.#place.keyIndent !== keyIndent)
      throw new UnusualLayout('entries are indented differently');
    const name = isText(key) ? key : String(Object.keys(parseYaml(`${key}: 1`) as object)[0]);
    if (this.#charts.has(name)) throw duplicate(name, this.#line);
    this.#charts.add(name);
    checkCount(this.#charts.size);
    this.#place = { in: 'chart', keyIndent, name };
  }

  #append(line: string): void {
    add(this.#place.in === 'head' ? this.#head : this.#piece, line, this.#line);
  }

  *#flush(): Generator<IndexEvent> {
    const piece = this.#piece;
    this.#piece = newPiece(this.#line);
    if (this.#place.in !== 'chart') return;
    const versions = parsed(piece, this.#place.itemIndent) ?? [];
    if (!Array.isArray(versions)) throw new UnusualLayout('a chart is no list of versions');
    yield { type: 'versions', chart: this.#place.name, versions };
  }
}

/** Whether a plain key is the text that it looks like, and no number or boolean. */
function isText(key: string): boolean {
  return /^[A-Za-z]/.test(key) && !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(key);
}

function newPiece(firstLine: number): Piece {
  return { lines: [], length: 0, firstLine };
}

function add(piece: Piece, line: string, number: number): void {
  if (piece.lines.length === 0) piece.firstLine = number;
  piece.lines.push(line);
  piece.length += line.length + 1;
  if (piece.length > maxPieceLength) throw new UnusualLayout('a version is very long');
}

/** What nearly all indexes are made of is read at once; everything else, mistakes included, by the full parser. */
function parsed({ lines, firstLine }: Piece, indent = 0): unknown {
  const margin = ' '.repeat(indent);
  // What is less indented is blank or a comment.
  const text = lines.map((line) => (line.startsWith(margin) ? line.slice(indent) : '')).join('\n');
  const simple = readSimple(text, jsonMaker);
  if (simple !== undefined) return simple;
  return parseYaml(`${lines.join('\n')}\n`, { strict: true, firstLine });
}

function duplicate(key: string, line: number): YamlError {
  return new YamlError(`key ${JSON.stringify(key)} already set in map`, { line });
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
