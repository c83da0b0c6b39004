import { isRawJson, isRecord, rawNumber } from '../lib/json.ts';
import type { DataKeys } from './data-keys.ts';
import { dataKeyOf } from './decrypt.ts';
import { decryptTree } from './decrypt-tree.ts';
import { Branch, Comment, isList, Timestamp, type Value } from './document.ts';
import { SopsError } from './sops-error.ts';
import { nested } from './stores/store.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Decrypts an object that SOPS has encrypted and that was changed since, as kustomize does: names, labels, patches. Each
 * value is bound to its path, and to the data key; the MAC of the file that it comes from is for
 * {@link verifyDocuments}. Throws {@link SopsError}; an abort is passed on.
 */
export async function decryptObject(object: Json, keys: DataKeys, signal: AbortSignal): Promise<Json> {
  const { branches, metadata } = nested([branchOf(object)]);
  const key = await dataKeyOf(metadata, keys, signal);
  const [decrypted] = decryptTree(branches, metadata, key).branches;
  return decrypted === undefined ? {} : recordOf(decrypted);
}

function branchOf(object: Json): Branch {
  return new Branch(
    Object.entries(object).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: treeOf(value) }])),
  );
}

function treeOf(value: unknown): Value {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (isRawJson(value)) return /^-?\d+$/.test(value.rawJSON) ? BigInt(value.rawJSON) : Number(value.rawJSON);
  if (Array.isArray(value)) return value.map(treeOf);
  if (isRecord(value)) return branchOf(value);
  throw new SopsError('format', 'the object is no JSON');
}

function recordOf({ items }: Branch): Json {
  const record: Record<string, unknown> = {};
  for (const { key, value } of items) {
    if (key instanceof Comment) continue;
    // An own member whatever its name is, `__proto__` too.
    const own = { value: jsonOf(value), enumerable: true, configurable: true, writable: true };
    Object.defineProperty(record, key, own);
  }
  return record;
}

function jsonOf(value: Value): unknown {
  if (value instanceof Branch) return recordOf(value);
  if (value instanceof Comment || value instanceof Timestamp) return value.text;
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value !== null && isList(value)) return value.flatMap((item) => (item instanceof Comment ? [] : [jsonOf(item)]));
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : rawNumber(String(value));
}
