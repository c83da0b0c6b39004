import { jsonEqual } from '../../src/lib/json.ts';
import { parseYamlDocuments } from '../../src/yaml/parse.ts';
import type { Verdict } from './case-file.ts';

/** Compares two YAML streams: byte for byte, or else by the values of their documents. */
export function compareYaml(ours: string, theirs: string): Verdict {
  if (ours === theirs) return 'bytes';
  return jsonEqual(parseYamlDocuments(ours), parseYamlDocuments(theirs)) ? 'value' : 'wrong';
}
