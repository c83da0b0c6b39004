/** A version of a chart that a repository has. */
export interface FoundChart {
  readonly name: string;
  readonly version: string;
  /** The archive. `signal` has the deadline. Throws ChartHttpError, OciError or {@link ChartSourceError}. */
  download(signal: AbortSignal): Promise<Uint8Array>;
}

/** A repository of charts: an index, or a registry. */
export interface ChartSource {
  /**
   * The chart with that version, or the highest in that range. `signal` has the deadline. Throws {@link ChartNotFound},
   * {@link ChartSourceError}, and what asking for it throws: ChartHttpError, OciError, IndexError.
   */
  find(name: string, version: string, signal: AbortSignal): Promise<FoundChart>;
}

/** A repository that can be asked. */
export interface OpenedRepository {
  readonly source: ChartSource;
  /** A signal with the deadline of one question. */
  deadline(): AbortSignal;
}

/** The index has no such chart, or no such version: nothing but another index or another spec helps. */
export class ChartNotFound extends Error {
  override readonly name = 'ChartNotFound';
}

/** What a repository has for a chart is not what it should be. */
export class ChartSourceError extends Error {
  override readonly name = 'ChartSourceError';
}
