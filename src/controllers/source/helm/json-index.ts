import { isRecord } from '../../../lib/json.ts';
import { checkCount, IndexError, type IndexEvent, maxPieceLength, UnusualLayout } from './index-events.ts';

/** Versions are given on when there are so many. */
const batch = 64;

const [quote, backslash] = [0x22, 0x5c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/** `"entries":` as a key, before its value. The text ends outside of a string. */
const entriesKey = /[{,]\s*"entries"\s*:\s*$/;
const anyKey = /("(?:[^"\\]|\\.)*")\s*:\s*$/;

/**
 * Reads an index in JSON in pieces, so that it never is in memory as a whole: each version of a chart is one, and all
 * that lies beside `entries`. Throws {@link UnusualLayout} for what is no such JSON, SyntaxError for a piece that is none.
 */
export class JsonIndexReader {
  /** What is being read: something beside `entries`, its charts, the versions of a chart, one version. */
  #place: 'head' | 'entries' | 'chart' | 'version' = 'head';
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The text since the last piece, up to what was taken last. */
  #text = '';
  /** What stood before `entries`. */
  #head: string | undefined;
  #chart = '';
  #versions: unknown[] = [];
  readonly #charts = new Set<string>();

  /** Takes more text, and gives what is complete. */
  *take(text: string): Generator<IndexEvent> {
    let from = 0;
    for (let at = this.#inString ? this.#leaveString(text, 0) + 1 : 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === quote) at = this.#leaveString(text, at + 1);
      else if (code === openBrace || code === openBracket) {
        this.#depth += 1;
        if (this.#opensPiece(code, text, from, at)) from = this.#place === 'version' ? at : at + 1;
      } else if (code === closeBrace || code === closeBracket) {
        this.#depth -= 1;
        const events = this.#closesPiece(text, from, at);
        if (events === undefined) continue;
        from = at + 1;
        yield* events;
      }
    }
    this.#text += text.slice(from);
    if (this.#text.length > maxPieceLength) throw new UnusualLayout('a version is very long');
  }

  /** Where the string ends that `at` lies in; the length of the text when it goes on beyond. */
  #leaveString(text: string, start: number): number {
    for (let at = start; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (this.#escaped) this.#escaped = false;
      else if (code === backslash) this.#escaped = true;
      else if (code === quote) {
        this.#inString = false;
        return at;
      }
    }
    this.#inString = true;
    return text.length;
  }

  /** There is no more text. */
  *end(): Generator<IndexEvent> {
    if (this.#depth !== 0 || this.#inString) throw new UnusualLayout('the text ends early');
    const fields: unknown = JSON.parse(this.#text);
    if (!isRecord(fields)) throw new IndexError('the index is no object');
    const { entries, ...head } = fields;
    yield { type: 'head', fields: this.#head === undefined ? fields : head };
  }

  #opensPiece(code: number, text: string, from: number, at: number): boolean {
    const before = (): string => this.#text + text.slice(from, at);
    if (this.#place === 'head' && this.#depth === 2 && code === openBrace) {
      const head = before();
      if (!entriesKey.test(head.slice(-80))) return false;
      if (this.#head !== undefined) throw new UnusualLayout('there are entries twice');
      this.#head = head;
      this.#place = 'entries';
    } else if (this.#place === 'entries') {
      this.#beginChart(code, before());
      this.#place = 'chart';
    } else if (this.#place === 'chart') {
      if (code !== openBrace || !isFiller(before())) throw new UnusualLayout('a version is no object');
      this.#place = 'version';
    } else return false;
    this.#text = '';
    return true;
  }

  #beginChart(code: number, before: string): void {
    const key = anyKey.exec(before)?.[1];
    if (code !== openBracket || key === undefined) throw new UnusualLayout('a chart is no list of versions');
    this.#chart = String(JSON.parse(key));
    // The last one counts in JSON, and the first is given on already.
    if (this.#charts.has(this.#chart)) throw new UnusualLayout('a chart occurs twice');
    this.#charts.add(this.#chart);
    checkCount(this.#charts.size);
  }

  /** What was completed by a closing bracket; undefined when it was no piece. */
  #closesPiece(text: string, from: number, at: number): readonly IndexEvent[] | undefined {
    if (this.#place === 'version' && this.#depth === 3) {
      this.#versions.push(JSON.parse(this.#text + text.slice(from, at + 1)));
      this.#place = 'chart';
      this.#text = '';
      return this.#versions.length < batch ? [] : this.#flush();
    }
    if (this.#place === 'chart' && this.#depth === 2) {
      if (!isFiller(this.#text + text.slice(from, at))) throw new UnusualLayout('a version is no object');
      this.#place = 'entries';
      this.#text = '';
      return this.#flush();
    }
    if (this.#place !== 'entries' || this.#depth !== 1) return undefined;
    this.#place = 'head';
    this.#text = `${this.#head ?? ''}null`;
    return [];
  }

  #flush(): readonly IndexEvent[] {
    const versions = this.#versions;
    this.#versions = [];
    return [{ type: 'versions', chart: this.#chart, versions }];
  }
}

function isFiller(text: string): boolean {
  return /^(?:[\s,]|null)*$/.test(text);
}
