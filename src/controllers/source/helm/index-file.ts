import { type FileHandle, open } from 'node:fs/promises';
import { compareText } from '../../../engines/gotemplate/value/go-text.ts';
import { GoMap, GoSlice, unmetered, type Value } from '../../../engines/gotemplate/value/values.ts';
import { ChartError } from '../../../engines/helm/chart/fault.ts';
import { jsonString, writeJson } from '../../../engines/helm/functions/json.ts';
import { scalarText, templateValue } from '../../../engines/helm/functions/yaml.ts';
import { isRecord } from '../../../lib/json.ts';
import { compareVersions, parseLooseVersion, type Version } from '../../../lib/semver-version.ts';
import { goTime, zeroTime } from './go-time.ts';
import { IndexError, type IndexEvent } from './index-events.ts';
import { checkFields, indexVersionValue, known, readIndexVersion } from './index-version.ts';
import { readIndex } from './read-index.ts';

const headFields = known('serverInfo', 'apiVersion', 'generated', 'entries', 'publicKeys', 'annotations');

/** The versions of a chart, in the file of sections. */
interface Section {
  readonly chart: string;
  readonly start: number;
  readonly end: number;
}

/** An index that was read, checked and sorted; its charts lie in a file of their own. */
export interface ReadyIndex {
  /** The index as Flux stores it: JSON, indented by two spaces, charts by name, versions from the newest. */
  content(): AsyncGenerator<Uint8Array>;
}

/**
 * Reads the index in `file` into what is to be stored. Only one chart at a time is in memory: `sectionsFile` (created
 * or truncated) has those that are done. Throws {@link IndexError} for an index that cannot be used
 * (internal/helm/repository/chart_repository.go, IndexFromBytes).
 */
export async function prepareIndex(file: string, sectionsFile: string, signal: AbortSignal): Promise<ReadyIndex> {
  await using handle = await open(sectionsFile, 'w', 0o600);
  const sections = new Sections(handle);
  try {
    await readIndex(file, signal, { onEvent: (event) => sections.take(event), again: () => sections.clear() });
    const head = await sections.finish();
    const ordered = sections.done.toSorted((a, b) => compareText(a.chart, b.chart));
    return { content: () => contentOf(head, ordered, sectionsFile) };
  } catch (error) {
    if (error instanceof ChartError) throw new IndexError(error.message, { cause: error });
    throw error;
  }
}

/** Charts are written together until they have this many bytes: many are small. */
const maxUnwrittenBytes = 256 * 1024;

class Sections {
  done: Section[] = [];
  readonly #handle: FileHandle;
  readonly #unwritten: Uint8Array[] = [];
  #unwrittenBytes = 0;
  #at = 0;
  #chart: string | undefined;
  #versions: Sortable[] = [];
  #head: Readonly<Record<string, unknown>> = {};

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async take(event: IndexEvent): Promise<void> {
    if (event.type === 'versions') return await this.#takeVersions(event.chart, event.versions);
    this.#head = event.fields;
    checkFields(event.fields, headFields);
    const { entries } = event.fields;
    if (entries === undefined || entries === null) return;
    if (!isRecord(entries))
      throw new IndexError(`${decoding} cannot unmarshal entries into Go struct field IndexFile.entries`);
    for (const [chart, versions] of Object.entries(entries)) {
      if (versions !== null && !Array.isArray(versions))
        throw new IndexError(
          `${decoding} cannot unmarshal ${typeof versions} into Go struct field IndexFile.entries of type repo.ChartVersions`,
        );
      await this.#takeVersions(chart, versions ?? []);
    }
  }

  clear(): void {
    this.done = [];
    this.#chart = undefined;
    this.#versions = [];
  }

  async finish(): Promise<IndexHead> {
    await this.#closeChart();
    await this.#write();
    return readHead(this.#head);
  }

  async #takeVersions(chart: string, versions: readonly unknown[]): Promise<void> {
    if (chart !== this.#chart) await this.#closeChart();
    this.#chart = chart;
    for (const json of versions) {
      const version = readIndexVersion(json);
      const parsed = version === undefined ? undefined : parseLooseVersion(version.metadata.version);
      if (version === undefined || parsed === undefined) continue;
      this.#versions.push({ version: parsed, text: indented(indexVersionValue(version), 3) });
    }
  }

  async #write(): Promise<void> {
    const bytes = Buffer.concat(this.#unwritten.splice(0));
    this.#unwrittenBytes = 0;
    await this.#handle.writeFile(bytes);
  }

  async #closeChart(): Promise<void> {
    if (this.#chart === undefined) return;
    const sorted = this.#versions.sort((a, b) => compareVersions(b.version, a.version)).map(({ text }) => text);
    const text = sorted.length === 0 ? '[]' : `[\n      ${sorted.join(',\n      ')}\n    ]`;
    const bytes = Buffer.from(text);
    this.#unwritten.push(bytes);
    this.#unwrittenBytes += bytes.length;
    if (this.#unwrittenBytes > maxUnwrittenBytes) await this.#write();
    this.done.push({ chart: this.#chart, start: this.#at, end: this.#at + bytes.length });
    this.#at += bytes.length;
    this.#versions = [];
    this.#chart = undefined;
  }
}

interface Sortable {
  readonly version: Version;
  readonly text: string;
}

/** What stands before and after the entries, each line with its comma. */
interface IndexHead {
  readonly before: string;
  readonly after: string;
}

function readHead(fields: Readonly<Record<string, unknown>>): IndexHead {
  const apiVersion = scalarText(templateValue(fields['apiVersion'] ?? '')) ?? '';
  const { generated, serverInfo, publicKeys, annotations } = fields;
  const time = generated === undefined || generated === null ? zeroTime : goTime(String(generated));
  if (apiVersion === '') throw new IndexError('no API version specified');
  const line = (name: string, value: Value): string => `  ${jsonString(name, true)}: ${indented(value, 1)}`;
  const info = templateValue(serverInfo);
  const keys = templateValue(publicKeys);
  const notes = textMap(templateValue(annotations));
  return {
    before: [
      ...(info instanceof GoMap && info.entries.size > 0 ? [line('serverInfo', info)] : []),
      line('apiVersion', apiVersion),
      line('generated', time),
    ].join(',\n'),
    after: [
      ...(keys instanceof GoSlice && keys.items.length > 0 ? [line('publicKeys', keys)] : []),
      ...(notes.entries.size > 0 ? [line('annotations', notes)] : []),
    ]
      .map((text) => `,\n${text}`)
      .join(''),
  };
}

function textMap(value: Value): GoMap {
  if (!(value instanceof GoMap)) return new GoMap();
  return new GoMap(new Map([...value.entries].map(([key, item]) => [key, scalarText(item ?? '') ?? ''])));
}

async function* contentOf(
  { before, after }: IndexHead,
  sections: readonly Section[],
  sectionsFile: string,
): AsyncGenerator<Uint8Array> {
  await using file = await open(sectionsFile, 'r');
  const reader = new WindowReader(file);
  let parts: Uint8Array[] = [Buffer.from(`{\n${before},\n  "entries": {`)];
  let size = 0;
  let separator = '\n';
  for (const { chart, start, end } of sections) {
    parts.push(Buffer.from(`${separator}    ${jsonString(chart, true)}: `));
    separator = ',\n';
    for (let at = start; at < end; ) {
      const bytes = await reader.read(at, end);
      at += bytes.length;
      size += bytes.length;
      parts.push(bytes);
      if (size < windowBytes) continue;
      yield Buffer.concat(parts);
      parts = [];
      size = 0;
    }
  }
  yield Buffer.concat([...parts, Buffer.from(`${sections.length === 0 ? '' : '\n  '}}${after}\n}`)]);
}

const windowBytes = 1024 * 1024;

/** Reads a file mostly from front to back: much at a time, as what is asked for is small. */
class WindowReader {
  readonly #file: FileHandle;
  #window = Buffer.alloc(0);
  #start = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Some bytes from `start` on, at most up to `end`. */
  async read(start: number, end: number): Promise<Uint8Array> {
    if (start < this.#start || start >= this.#start + this.#window.length) {
      const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(windowBytes), 0, windowBytes, start);
      if (bytesRead === 0) throw new Error('the file of sections is shorter than it was');
      this.#window = buffer.subarray(0, bytesRead);
      this.#start = start;
    }
    return this.#window.subarray(start - this.#start, end - this.#start);
  }
}

/** JSON in which each line but the first stands `depth` levels further in. */
function indented(value: Value, depth: number): string {
  const text = writeJson(value, { escapeHtml: true, indented: true }, unmetered);
  return text.replaceAll('\n', `\n${'  '.repeat(depth)}`);
}

const decoding = 'error unmarshaling JSON: while decoding JSON: json:';
