import { gunzipSync, gzipSync } from 'node:zlib';
import { isPlainPath } from './archive.ts';
import { ArtifactError } from './artifact-error.ts';
import { blockSize, encodeTarHeader, padding } from './tar-header.ts';
import { TarReader } from './tar-reader.ts';

/** A file of a packed chart, its path relative to the chart. */
export interface PackedFile {
  readonly name: string;
  readonly data: Uint8Array;
}

/** What a packed chart may hold, unpacked; Helm has the same bounds (pkg/chart/loader/archive). */
const MAX_BYTES = 100 << 20;
const MAX_FILE_BYTES = 5 << 20;
/** Not Helm's: an archive of nothing but names. */
const MAX_FILES = 20_000;

/**
 * The files of a packed chart (.tgz), without the directory that they all lie in. Links and devices are left out, as
 * Helm reads them as empty. Throws {@link ArtifactError} for what is damaged, too large, or leaves its directory.
 */
export function unpackChart(
  archive: Uint8Array,
  { maxFileBytes = MAX_FILE_BYTES }: { readonly maxFileBytes?: number } = {},
): readonly PackedFile[] {
  const files: { name: string; parts: Uint8Array[] }[] = [];
  let current: Uint8Array[] | undefined;
  const reader = new TarReader({
    member({ name, type, size }) {
      current = undefined;
      if (type !== 'file') return;
      if (size > maxFileBytes)
        throw new ArtifactError(
          'TooLarge',
          `chart file "${name}" is larger than the maximum file size ${maxFileBytes}`,
        );
      if (files.length >= MAX_FILES) throw new ArtifactError('TooLarge', `chart has more than ${MAX_FILES} files`);
      current = [];
      files.push({ name: pathInChart(name), parts: current });
    },
    content(bytes) {
      current?.push(Uint8Array.from(bytes));
    },
    memberEnd() {
      current = undefined;
    },
  });
  reader.push(inflate(archive));
  reader.end();
  if (files.length === 0) throw new ArtifactError('Corrupt', 'no files in chart archive');
  return files.map(({ name, parts }) => ({ name, data: withoutMark(Buffer.concat(parts)) }));
}

function inflate(archive: Uint8Array): Uint8Array {
  try {
    return gunzipSync(archive, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    if (error instanceof RangeError)
      throw new ArtifactError('TooLarge', `decompressed chart is larger than the maximum size ${MAX_BYTES}`);
    throw new ArtifactError('Corrupt', 'the chart is not a gzipped archive');
  }
}

/** A path without the chart's own directory; nothing may lie elsewhere. */
function pathInChart(name: string): string {
  const separator = name.includes('\\') ? '\\' : '/';
  const [first, ...rest] = name.split(separator);
  if (first === 'Chart.yaml') throw new ArtifactError('Corrupt', 'chart yaml not in base directory');
  const parts: string[] = [];
  if (rest[0] === '') throw new ArtifactError('Corrupt', 'chart illegally contains absolute paths');
  for (const part of rest) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined)
      throw new ArtifactError('Corrupt', 'chart illegally references parent directory');
  }
  if (parts.length === 0)
    throw new ArtifactError('Corrupt', `chart illegally contains content outside the base directory: "${name}"`);
  if (/^[a-zA-Z]:$/.test(parts[0] ?? '')) throw new ArtifactError('Corrupt', 'chart contains illegally named files');
  return parts.join('/');
}

/** Without the byte order mark that some editors write. */
function withoutMark(data: Uint8Array): Uint8Array {
  return data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf ? data.subarray(3) : data;
}

/**
 * A packed chart: the files in their order, in the directory `name`. Equal files give equal bytes, as owners and times
 * are zero; Helm's own packages say when they were made. Throws {@link ArtifactError} `Refused` for a path that leaves
 * the directory.
 */
export function packChart(name: string, files: readonly PackedFile[]): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const file of files) {
    const path = `${name}/${file.name}`;
    if (name.includes('/') || !isPlainPath(path))
      throw new ArtifactError('Refused', `the path '${path}' cannot be packed`);
    blocks.push(encodeTarHeader({ name: path, type: 'file', mode: 0o644, size: file.data.length }));
    blocks.push(file.data, padding(file.data.length));
  }
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * blockSize)]));
}
