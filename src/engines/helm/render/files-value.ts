import { fromBytes } from '../../gotemplate/value/go-text.ts';
import { goFunction } from '../../gotemplate/value/signature.ts';
import { GoBytes, GoMap, type MethodSet, type Value } from '../../gotemplate/value/values.ts';
import type { ChartFile } from '../chart/chart.ts';
import { base64 } from '../functions/base64.ts';
import { strings, text } from '../functions/kit.ts';
import { writeYaml } from '../functions/yaml.ts';
import { compileGlob } from '../values/glob.ts';

/** `.Files` of a template (pkg/engine/files.go). */
export function filesValue(files: readonly ChartFile[]): GoMap {
  return filesMap(new Map(files.map(({ name, data }) => [name, new GoBytes(data)])));
}

function filesMap(entries: Map<string, Value>): GoMap {
  return new GoMap(entries, 'engine.files', { underlying: 'map[string][]uint8', methods });
}

function entriesOf(files: Value): ReadonlyMap<string, Value> {
  return files instanceof GoMap ? files.entries : new Map();
}

function bytesOf(files: Value, name: Value): Uint8Array {
  const found = entriesOf(files).get(text(name));
  return found instanceof GoBytes ? found.bytes : new Uint8Array();
}

const methods: MethodSet = new Map([
  ['Get', (files) => goFunction('(string) string', ([name]) => fromBytes(bytesOf(files, name)))],
  ['GetBytes', (files) => goFunction('(string) []uint8', ([name]) => new GoBytes(bytesOf(files, name)))],
  ['Glob', (files) => goFunction('(string) engine.files', ([pattern]) => glob(files, text(pattern)))],
  ['Lines', (files) => goFunction('(string) []string', ([name]) => strings(lines(files, name)))],
  ['AsConfig', (files) => goFunction('() string', () => asYaml(files, fromBytes))],
  ['AsSecrets', (files) => goFunction('() string', () => asYaml(files, base64))],
]);

/** A pattern that is none matches everything. */
function glob(files: Value, pattern: string): GoMap {
  const matches = compileGlob(pattern) ?? (() => true);
  return filesMap(new Map([...entriesOf(files)].filter(([name]) => matches(name))));
}

function lines(files: Value, name: Value): readonly string[] {
  if (!entriesOf(files).has(text(name))) return [];
  return fromBytes(bytesOf(files, name)).replace(/\n$/, '').split('\n');
}

function asYaml(files: Value, encode: (bytes: Uint8Array) => string): string {
  const entries = [...entriesOf(files)].map(([name, file]) => {
    const base = name.slice(name.lastIndexOf('/') + 1);
    return [base, file instanceof GoBytes ? encode(file.bytes) : ''] as const;
  });
  return writeYaml(new GoMap(new Map(entries), 'map[string]string'));
}
