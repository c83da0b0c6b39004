import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { IndexError } from './index-events.ts';

/** Where the versions of a chart lie in a stored index: a JSON list, in bytes from the beginning. */
export interface ChartSection {
  readonly chart: string;
  readonly start: number;
  readonly end: number;
}

const entriesStart = Buffer.from('\n  "entries": {');
const entriesEnd = Buffer.from('\n  }');
const chartKey = Buffer.from('\n    "');
const closing = 0x7d;

/**
 * The charts of a stored index, in its order. The layout of the file (JSON, two spaces a level) shows where each begins,
 * so that nothing is parsed and little is in memory. Throws IndexError for a file of another layout.
 */
export async function* chartSections(file: string, signal: AbortSignal): AsyncGenerator<ChartSection> {
  const stream = createReadStream(file, { highWaterMark: 512 * 1024, signal });
  let place: 'head' | 'entries' | 'end' = 'head';
  let buffer = Buffer.alloc(0);
  /** Where the buffer lies in the file. */
  let base = 0;
  let open: { readonly chart: string; readonly start: number } | undefined;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (base === 0 && buffer.length === 0 && chunk[0] !== 0x7b)
      throw new IndexError('the stored index is not in the layout that it was stored in');
    buffer = Buffer.concat([buffer, chunk]);
    let at = 0;
    if (place === 'head') {
      const found = buffer.indexOf(entriesStart);
      if (found >= 0 && found + entriesStart.length < buffer.length) {
        at = found + entriesStart.length;
        place = buffer[at] === closing ? 'end' : 'entries';
      } else at = Math.max(0, buffer.length - entriesStart.length);
    }
    while (place === 'entries') {
      const next = nextMark(buffer, at);
      at = next.at;
      if (next.key === undefined && !next.isEnd) break;
      if (open !== undefined) yield { ...open, end: base + at };
      if (next.key === undefined) place = 'end';
      else {
        open = { chart: next.key.chart, start: base + next.key.valueAt };
        at = next.key.valueAt;
      }
    }
    if (place === 'end') return;
    base += at;
    buffer = buffer.subarray(at);
  }
}

interface Mark {
  /** Where the mark begins; without one, where to look again when there is more. */
  readonly at: number;
  readonly isEnd: boolean;
  readonly key?: { readonly chart: string; readonly valueAt: number };
}

/** The next key of a chart, or the end of all, at or after `from`. */
function nextMark(buffer: Buffer, from: number): Mark {
  const key = buffer.indexOf(chartKey, from);
  const end = buffer.indexOf(entriesEnd, from);
  if (end >= 0 && (key < 0 || end < key)) return { at: end, isEnd: true };
  const rest = Math.max(from, buffer.length - chartKey.length);
  if (key < 0) return { at: rest, isEnd: false };
  const lineEnd = buffer.indexOf('\n', key + 1);
  if (lineEnd < 0) return { at: key, isEnd: false };
  const line = buffer.toString('utf8', key + 1, lineEnd);
  const name = /^ {4}("(?:[^"\\]|\\.)*"): /.exec(line);
  if (name === null) throw new IndexError('the stored index is not in the layout that it was stored in');
  const valueAt = key + 1 + Buffer.byteLength(name[0]);
  return { at: key, isEnd: false, key: { chart: String(JSON.parse(name[1] ?? '""')), valueAt } };
}

/** The versions in a section, as JSON values. */
export async function readSection(
  file: string,
  { start, end }: Pick<ChartSection, 'start' | 'end'>,
): Promise<readonly unknown[]> {
  await using handle = await open(file, 'r');
  const bytes = Buffer.alloc(end - start);
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, start + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  const versions: unknown = JSON.parse(bytes.toString('utf8', 0, at).replace(/,\s*$/, ''));
  return Array.isArray(versions) ? versions : [];
}
