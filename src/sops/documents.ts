import type { DataKeys } from './data-keys.ts';
import { dataKeyOf } from './decrypt.ts';
import { decryptTree, verifyMac } from './decrypt-tree.ts';
import { Branch, type Branches, textOrBytes, type Value } from './document.ts';
import { SopsError } from './sops-error.ts';
import { readJson } from './stores/json-read.ts';
import { nested } from './stores/store.ts';
import { readYaml } from './stores/yaml-read.ts';

/** Documents of a file that were encrypted together: all of them have the same MAC, which covers all. */
export interface EncryptedDocuments {
  /** The MAC as it is written in the metadata. */
  readonly mac: string;
  readonly branches: Branches;
}

/**
 * The encrypted documents of a manifest, YAML or JSON, in their groups. A file that cannot be read has none: whoever
 * builds with it says why.
 */
export function encryptedDocumentsOf(content: Uint8Array): readonly EncryptedDocuments[] {
  const groups = new Map<string, Branch[]>();
  for (const branch of manifestOf(content)) {
    const mac = macOf(branch);
    if (mac !== undefined) groups.getOrInsertComputed(mac, () => []).push(branch);
  }
  return [...groups].map(([mac, branches]) => ({ mac, branches }));
}

/** Throws {@link SopsError} unless the documents are what was encrypted; an abort is passed on. */
export async function verifyDocuments(branches: Branches, keys: DataKeys, signal: AbortSignal): Promise<void> {
  const encrypted = nested(branches);
  const key = await dataKeyOf(encrypted.metadata, keys, signal);
  verifyMac(decryptTree(encrypted.branches, encrypted.metadata, key).mac, encrypted.metadata, key);
}

function manifestOf(content: Uint8Array): Branches {
  const text = textOrBytes(content);
  if (typeof text !== 'string') return [];
  try {
    return /^\s*\{/.test(text) ? readJson(text) : readYaml(text);
  } catch (error) {
    if (error instanceof SopsError) return [];
    throw error;
  }
}

function macOf(branch: Branch): string | undefined {
  const mac = member(member(branch, 'sops'), 'mac');
  return typeof mac === 'string' ? mac : undefined;
}

function member(value: Value | undefined, name: string): Value | undefined {
  return value instanceof Branch ? value.items.find(({ key }) => key === name)?.value : undefined;
}
