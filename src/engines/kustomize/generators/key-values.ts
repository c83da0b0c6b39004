import { BuildError, prefixed } from '../build-error.ts';
import type { ConfigMapArgs } from '../kustomization/types.ts';
import { baseName } from '../paths/join.ts';
import { collect } from '../problems.ts';
import type { Loader } from '../target/loader.ts';

/** A key and its value: text, or bytes that are no text. */
export type KeyValue = readonly [key: string, value: string | Uint8Array];

/** The pairs of a generator: of its env files, its literals and its files, in that order (api/kv/kv.go). */
export function loadPairs(args: ConfigMapArgs, loader: Loader, isSecret: boolean): KeyValue[] {
  const { envs = [], literals = [], files = [] } = args;
  return [
    ...within('envs', `env source files: [${envs.join(' ')}]`, () =>
      collect(envs, (path) => envPairs(loader.bytes(path), loader.pathOf(path))).flat(),
    ),
    ...within(
      'literals',
      `literal sources [${literals.join(' ')}]`,
      () => collect(literals, literalPair),
      isSecret ? literals : [],
    ),
    ...within('files', `file sources: [${files.join(' ')}]`, () =>
      collect(files, (source) => filePair(source, loader)),
    ),
  ];
}

function within<T>(field: string, what: string, load: () => T, quotes: readonly string[] = []): T {
  try {
    return load();
  } catch (error) {
    throw prefixed(error, `loading KV pairs: ${what}`, { field, quotes });
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes as text when they are UTF-8. */
export function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  try {
    return strict.decode(bytes);
  } catch {
    return bytes;
  }
}

function envPairs(bytes: Uint8Array, file: string): KeyValue[] {
  const text = textOrBytes(bytes);
  if (typeof text !== 'string') throw new BuildError(`env file '/${file}' has invalid utf8 bytes`, { file });
  const pairs: KeyValue[] = [];
  for (const line of text.replace(/^\ufeff/, '').split('\n')) {
    const trimmed = line.replace(/\r$/, '').trimStart();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const equals = trimmed.indexOf('=');
    pairs.push(equals < 0 ? [trimmed, ''] : [trimmed.slice(0, equals), trimmed.slice(equals + 1)]);
  }
  return pairs;
}

function literalPair(source: string): KeyValue {
  const equals = source.indexOf('=');
  if (equals <= 0) throw new BuildError(`invalid literal source ${source}, expected key=value`);
  const value = source.slice(equals + 1);
  const quoted = value.length >= 2 && value[0] === value.at(-1) && (value[0] === '"' || value[0] === "'");
  return [source.slice(0, equals), quoted ? value.slice(1, -1) : value];
}

function filePair(source: string, loader: Loader): KeyValue {
  const parts = source.split('=');
  const [first = '', second] = parts;
  if (parts.length > 2) throw new BuildError(`source "${source}" key name or file path contains '='`);
  if (second === undefined) return [baseName(first), textOrBytes(loader.bytes(first))];
  if (first === '') throw new BuildError(`missing key name for file path "${second}" in source "${source}"`);
  if (second === '') throw new BuildError(`missing file path for key name "${first}" in source "${source}"`);
  return [first, textOrBytes(loader.bytes(second))];
}
