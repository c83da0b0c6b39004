import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type PackedFile, unpackChart } from '../../../artifact/chart-archive.ts';
import type { Chart } from '../../../engines/helm/chart/chart.ts';
import { ChartError } from '../../../engines/helm/chart/fault.ts';
import { IgnoreError, type IgnoreRules, parseHelmignore } from '../../../engines/helm/chart/ignore.ts';
import { loadChart } from '../../../engines/helm/chart/load.ts';
import { secureJoin } from '../../../lib/secure-path.ts';

/** What Helm can load of a chart; more would be packed in vain. */
const maxChartBytes = 100 * 1024 ** 2;
const maxChartFiles = 20_000;

/**
 * A chart from a directory or archive at `path` below `root`, which has no links. Throws ChartError or ArtifactError
 * (internal/helm/chart/secureloader).
 */
export function loadLocalChart(root: string, path: string, maxFileBytes: number): Chart {
  const full = secureJoin(root, path);
  const unpack = (archive: Uint8Array): readonly PackedFile[] => unpackChart(archive, { maxFileBytes });
  if (!statSync(full).isDirectory()) return loadChart(unpack(readFileSync(full)), { unpack });
  const shown = `${full.slice(root.length)}/`;
  const files = inContext(`failed to load files from ${shown}`, () => [
    ...new DirectoryReader(full, ignoreRules(full), maxFileBytes).files(''),
  ]);
  return inContext(`failed to load chart from ${shown}`, () => loadChart(files, { unpack }));
}

function ignoreRules(dir: string): IgnoreRules {
  const entry = statSync(join(dir, '.helmignore'), { throwIfNoEntry: false });
  return parseHelmignore(entry?.isFile() === true ? readFileSync(join(dir, '.helmignore'), 'utf8') : '');
}

function inContext<T>(context: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ChartError) && !(error instanceof IgnoreError)) throw error;
    throw new ChartError(`${context}: ${error.message}`, { cause: error });
  }
}

class DirectoryReader {
  readonly #root: string;
  readonly #rules: IgnoreRules;
  readonly #maxFileBytes: number;
  #bytes = 0;
  #files = 0;

  constructor(root: string, rules: IgnoreRules, maxFileBytes: number) {
    this.#root = root;
    this.#rules = rules;
    this.#maxFileBytes = maxFileBytes;
  }

  /** The files of a directory and those below, in the order of their names. */
  *files(below: string): Generator<PackedFile> {
    const entries = readdirSync(join(this.#root, below), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (this.#rules.ignores(name, entry.isDirectory())) continue;
      if (entry.isDirectory()) yield* this.files(name);
      else yield { name, data: this.#read(name, entry.isFile()) };
    }
  }

  #read(name: string, isFile: boolean): Uint8Array {
    if (!isFile) throw new ChartError(`cannot load irregular file ${name} as it has file mode type bits set`);
    const { size } = statSync(join(this.#root, name));
    const max = this.#maxFileBytes;
    if (size > max) throw new ChartError(`cannot load file ${name} as file size (${size}) exceeds limit (${max})`);
    this.#bytes += size;
    this.#files += 1;
    if (this.#bytes > maxChartBytes) throw new ChartError(`the files have more than ${maxChartBytes} bytes`);
    if (this.#files > maxChartFiles) throw new ChartError(`there are more than ${maxChartFiles} files`);
    const data = readFileSync(join(this.#root, name));
    return data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf ? data.subarray(3) : data;
  }
}
