import { type Dirent, existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type PackedFile, unpackChart } from '../artifact/chart-archive.ts';
import type { Chart } from '../engines/helm/chart/chart.ts';
import { ChartError } from '../engines/helm/chart/fault.ts';
import { type IgnoreRules, parseHelmignore } from '../engines/helm/chart/ignore.ts';
import { type LoadOptions, loadChart } from '../engines/helm/chart/load.ts';

const MAX_FILE_BYTES = 5 << 20;

/**
 * Reads a chart from a directory, or from a .tgz. Links are followed, as Helm follows them. Throws ChartError, or
 * ArtifactError for an archive.
 */
export function readChart(path: string, more: Pick<LoadOptions, 'anyApiVersion'> = {}): Chart {
  if (!existsSync(path)) throw new ChartError(`path ${JSON.stringify(path)} not found`);
  const options = { ...more, unpack: unpackChart };
  if (!statSync(path).isDirectory()) return loadChart(unpackChart(readFileSync(path)), options);
  const ignore = join(path, '.helmignore');
  const rules = parseHelmignore(existsSync(ignore) ? readFileSync(ignore, 'utf8') : '');
  return loadChart([...files(path, '', rules, new Set())], options);
}

/** The files of a directory, in the order of their names. */
function* files(root: string, below: string, rules: IgnoreRules, seen: ReadonlySet<string>): Generator<PackedFile> {
  const directory = below === '' ? root : `${root}/${below}`;
  const real = realpathSync.native(directory);
  if (seen.has(real)) throw new ChartError(`${below} is a link to a directory that it lies in`);
  const within = new Set([...seen, real]);
  for (const entry of readdirSync(directory, { withFileTypes: true }).sort(byName)) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    const path = `${root}/${name}`;
    const isLink = entry.isSymbolicLink();
    const isDirectory = isLink ? statSync(path).isDirectory() : entry.isDirectory();
    if (rules.ignores(name, isDirectory)) continue;
    if (isDirectory) yield* files(root, name, rules, within);
    else yield { name, data: read(path, entry.name, name) };
  }
}

function read(path: string, base: string, name: string): Uint8Array {
  const facts = statSync(path);
  if (!facts.isFile()) throw new ChartError(`cannot load irregular file ${name} as it has file mode type bits set`);
  if (facts.size > MAX_FILE_BYTES)
    throw new ChartError(`chart file "${base}" is larger than the maximum file size ${MAX_FILE_BYTES}`);
  return withoutMark(readFileSync(path));
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1;
}

function withoutMark(data: Uint8Array): Uint8Array {
  return data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf ? data.subarray(3) : data;
}
