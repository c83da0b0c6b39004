import { sleep } from '../../../lib/async.ts';
import type { Clock } from '../../../lib/clock.ts';
import { isRecord } from '../../../lib/json.ts';
import { type ChartSection, chartSections, readSection } from './index-sections.ts';

/** What an index says of a version of a chart, as far as a chart is chosen and fetched by it. */
export interface IndexedChart {
  readonly name: string;
  readonly version: string;
  readonly urls: readonly string[];
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** As the index has it; empty when it has none. */
  readonly digest: string;
}

export interface StoredIndexOptions {
  /** How many indexes are remembered (`--helm-cache-max-size`); 0: none. */
  readonly max: number;
  readonly ttlMs: number;
  readonly clock: Clock;
}

interface Remembered {
  readonly sections: ReadonlyMap<string, ChartSection>;
  expiresAt: number;
}

const minPurgeMs = 1000;

/**
 * Looks charts up in stored indexes. Where charts lie in an index is remembered, as far as there is room for it: then a
 * chart costs one read of the few kilobytes that are its own. Upstream keeps whole indexes in memory
 * (internal/cache), which is why it keeps none unless told to.
 */
export class StoredIndexes {
  readonly #options: StoredIndexOptions;
  readonly #remembered = new Map<string, Remembered>();

  constructor(options: StoredIndexOptions) {
    this.#options = options;
  }

  /** Whether indexes are remembered at all. */
  get isEnabled(): boolean {
    return this.#options.max > 0;
  }

  /** Whether it is known where charts lie in this file. Asking keeps it known. */
  knows(file: string): boolean {
    const entry = this.#remembered.get(file);
    if (entry === undefined || entry.expiresAt <= this.#options.clock.now()) return false;
    entry.expiresAt = this.#options.clock.now() + this.#options.ttlMs;
    return true;
  }

  /**
   * The versions of a chart, the newest first; undefined when the index has no such chart. The file is a stored index,
   * and never changes. Throws IndexError.
   */
  async versions(file: string, chart: string, signal: AbortSignal): Promise<readonly IndexedChart[] | undefined> {
    const section = await this.#find(file, chart, signal);
    if (section === undefined) return undefined;
    return (await readSection(file, section)).flatMap((json) => (isRecord(json) ? [indexedChart(json)] : []));
  }

  /** Forgets what is too old, again and again until the signal ends it (`--helm-cache-purge-interval`). */
  async keepClean(intervalMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#options.clock, Math.max(intervalMs, minPurgeMs), signal).catch(() => undefined);
      this.purge();
    }
  }

  /** Forgets what is too old. */
  purge(): void {
    const now = this.#options.clock.now();
    for (const [file, { expiresAt }] of this.#remembered) if (expiresAt <= now) this.#remembered.delete(file);
  }

  async #find(file: string, chart: string, signal: AbortSignal): Promise<ChartSection | undefined> {
    if (this.knows(file)) return this.#remembered.get(file)?.sections.get(chart);
    const sections = new Map<string, ChartSection>();
    for await (const section of chartSections(file, signal)) {
      if (!this.isEnabled && section.chart === chart) return section;
      if (this.isEnabled) sections.set(section.chart, section);
    }
    this.#remember(file, sections);
    return sections.get(chart);
  }

  #remember(file: string, sections: ReadonlyMap<string, ChartSection>): void {
    const { max, ttlMs, clock } = this.#options;
    if (max === 0) return;
    this.purge();
    this.#remembered.delete(file);
    this.#remembered.set(file, { sections, expiresAt: clock.now() + ttlMs });
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size <= max) break;
      this.#remembered.delete(oldest);
    }
  }
}

function indexedChart(json: Readonly<Record<string, unknown>>): IndexedChart {
  const { name, version, urls, created, digest } = json;
  return {
    name: String(name ?? ''),
    version: String(version ?? ''),
    urls: Array.isArray(urls) ? urls.map(String) : [],
    created: typeof created === 'string' ? Date.parse(created) || 0 : 0,
    digest: typeof digest === 'string' ? digest : '',
  };
}
