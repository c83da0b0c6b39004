/** The index of a repository cannot be used; the message says why, in the words of Helm where it has any. */
export class IndexError extends Error {
  override readonly name = 'IndexError';
}

/** The text is not laid out so that it can be read in pieces. */
export class UnusualLayout extends Error {
  override readonly name = 'UnusualLayout';
}

/** A piece of an index, as a JSON value. */
export type IndexEvent =
  /** Everything beside the entries. */
  | { readonly type: 'head'; readonly fields: Readonly<Record<string, unknown>> }
  /** Versions of a chart, some at a time; all of a chart come one after the other. */
  | { readonly type: 'versions'; readonly chart: string; readonly versions: readonly unknown[] };

/** A piece of this many characters is read by a parser at most: a multiple of it is in memory then. */
export const maxPieceLength = 8 * 1024 ** 2;

/** More charts than any repository has: each is remembered while an index is read. */
const maxCharts = 100_000;

/** Throws IndexError when there are more charts than may be. */
export function checkCount(charts: number): void {
  if (charts > maxCharts) throw new IndexError(`the index has more than ${maxCharts} charts`);
}
