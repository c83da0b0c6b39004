import { sha256Hex } from '../../../lib/hash.ts';
import { isRecord } from '../../../lib/json.ts';
import { fieldOf } from '../../../yaml/fields.ts';
import { jsonValue } from '../../../yaml/json-value.ts';
import type { YamlNode } from '../../../yaml/node.ts';
import { goJson } from '../go-json.ts';
import { note } from '../resource/annotations.ts';
import type { Transformer } from './transformer.ts';

/** Puts a hash of their contents behind the names of generated objects (HashTransformer). */
export const hashTransformer: Transformer = {
  transform: (map) => {
    for (const resource of map.resources) {
      if (!resource.isEnabled(note.needsHash)) continue;
      const hash = contentHash(resource.node);
      resource.storePreviousId();
      resource.name = `${resource.name}-${hash}`;
    }
  },
};

/**
 * Ten characters that change when kind, type or data change, without vowels and what looks like them
 * (api/hasher/hasher.go). The name does not enter, by a slip of the original.
 */
export function contentHash(node: YamlNode): string {
  return encode(sha256Hex(goJson(hashed(node))));
}

function hashed(node: YamlNode): unknown {
  const kind = fieldOf(node, 'kind')?.value;
  if (kind === 'ConfigMap') {
    const binaryData = fieldValue(node, 'binaryData');
    return { kind, name: '', data: fieldValue(node, 'data'), ...(isRecord(binaryData) ? { binaryData } : {}) };
  }
  if (kind === 'Secret') {
    const stringData = fieldValue(node, 'stringData');
    const secret = { kind, type: fieldValue(node, 'type'), name: '', data: fieldValue(node, 'data') };
    return isRecord(stringData) ? { ...secret, stringData } : secret;
  }
  return jsonValue(node);
}

function fieldValue(node: YamlNode, name: string): unknown {
  const field = fieldOf(node, name);
  if (field === undefined) return '';
  return field.kind === 'scalar' ? field.value : jsonValue(field);
}

const replaced: Readonly<Record<string, string>> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' };

function encode(hex: string): string {
  return hex.slice(0, 10).replace(/[013ae]/g, (char) => replaced[char] ?? char);
}
