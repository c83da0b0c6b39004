import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isRecord } from '../../../lib/json.ts';
import { parseYaml, YamlError } from '../../../yaml/parse.ts';
import { IndexError, type IndexEvent, maxPieceLength, UnusualLayout } from './index-events.ts';
import { JsonIndexReader } from './json-index.ts';
import { YamlIndexReader } from './yaml-index.ts';

/** An index of unusual layout is read as a whole, which takes a multiple of its size: only up to this many bytes. */
const maxWholeBytes = maxPieceLength;
/** Others get a turn at the latest after this many milliseconds. */
const sliceMs = 10;

/**
 * Reads the index of a repository, YAML or JSON, piece by piece: versions as they come, the head last. What `again`
 * throws away begins anew: an index that turns out to be of unusual layout is read a second time, as a whole. Throws
 * {@link IndexError}.
 */
export async function readIndex(
  file: string,
  signal: AbortSignal,
  take: { onEvent(event: IndexEvent): Promise<void> | void; again(): Promise<void> | void },
): Promise<void> {
  const { size } = await stat(file);
  if (size === 0) throw new IndexError('empty index.yaml file');
  try {
    await readInPieces(file, signal, take.onEvent);
  } catch (error) {
    signal.throwIfAborted();
    const mayBeWhole = error instanceof UnusualLayout || error instanceof SyntaxError || error instanceof YamlError;
    if (!mayBeWhole) throw error;
    if (size > maxWholeBytes) throw tooLargeFor(error);
    await take.again();
    await take.onEvent({ type: 'head', fields: parseWhole(await readFile(file, { encoding: 'utf8', signal })) });
  }
}

async function readInPieces(
  file: string,
  signal: AbortSignal,
  onEvent: (event: IndexEvent) => Promise<void> | void,
): Promise<void> {
  const stream = createReadStream(file, { highWaterMark: 32 * 1024, signal });
  let turn = performance.now();
  let reader: JsonIndexReader | YamlIndexReader | undefined;
  const give = async (events: Iterable<IndexEvent>): Promise<void> => {
    for (const event of events) {
      await onEvent(event);
      if (performance.now() - turn < sliceMs) continue;
      await nextTurn();
      signal.throwIfAborted();
      turn = performance.now();
    }
  };
  const decoder = new TextDecoder();
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    const text = decoder.decode(chunk, { stream: true });
    reader ??= /^\s*\{/.test(text) ? new JsonIndexReader() : new YamlIndexReader();
    await give(reader.take(text));
  }
  if (reader !== undefined) await give(reader.end());
}

function parseWhole(text: string): Readonly<Record<string, unknown>> {
  const document = parsed(text);
  if (document === null) return {};
  if (isRecord(document)) return document;
  const kind = Array.isArray(document) ? 'array' : typeof document === 'boolean' ? 'bool' : typeof document;
  throw new IndexError(
    `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${kind} into Go value of type repo.IndexFile`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON, so it has to be YAML.
  }
  try {
    return parseYaml(text, { strict: true });
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new IndexError(`error converting YAML to JSON: yaml: ${error.message}`, { cause: error });
  }
}

function tooLargeFor(error: Error): IndexError {
  const problem =
    error instanceof UnusualLayout
      ? `${error.message}, and only up to ${maxWholeBytes} bytes can be read then`
      : error.message;
  return new IndexError(`error converting YAML to JSON: yaml: ${problem}`, { cause: error });
}
