import { createReadStream } from 'node:fs';
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

class Sections {
  done: Section[] = [];
  readonly #handle: FileHandle;
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

  async #closeChart(): Promise<void> {
    if (this.#chart === undefined) return;
    const sorted = this.#versions.sort((a, b) => compareVersions(b.version, a.version)).map(({ text }) => text);
    const text = sorted.length === 0 ? '[]' : `[\n      ${sorted.join(',\n      ')}\n    ]`;
    const bytes = Buffer.from(text);
    await this.#handle.writeFile(bytes);
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
  yield Buffer.from(`{\n${before},\n  "entries": {`);
  let separator = '\n';
  for (const { chart, start, end } of sections) {
    yield Buffer.from(`${separator}    ${jsonString(chart, true)}: `);
    yield* createReadStream(sectionsFile, {
      start,
      end: end - 1,
      highWaterMark: 256 * 1024,
    }) as AsyncIterable<Uint8Array>;
    separator = ',\n';
  }
  yield Buffer.from(`${sections.length === 0 ? '' : '\n  '}}${after}\n}`);
}

/** JSON in which each line but the first stands `depth` levels further in. */
function indented(value: Value, depth: number): string {
  const text = writeJson(value, { escapeHtml: true, indented: true }, unmetered);
  return text.replaceAll('\n', `\n${'  '.repeat(depth)}`);
}

const decoding = 'error unmarshaling JSON: while decoding JSON: json:';
