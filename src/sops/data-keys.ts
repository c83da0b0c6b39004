import { createHash } from 'node:crypto';
import { errorMessage } from '../lib/errors.ts';
import { dataKeyFailure, type GroupResult } from './data-key-failure.ts';
import type { KeySource, KeySources } from './key-source.ts';
import { type MasterKey, nameOfKey } from './master-key.ts';
import type { Metadata } from './metadata.ts';
import { combineShares } from './shamir.ts';
import { SopsError } from './sops-error.ts';

/**
 * Gets data keys, each once: documents that were encrypted together share one, and a document is often looked at more
 * than once. It holds what it got, so it must live no longer than the work it is for.
 */
export class DataKeys {
  readonly #sources: KeySources;
  readonly #known = new Map<string, Promise<Uint8Array>>();

  constructor(sources: KeySources) {
    this.#sources = sources;
  }

  /**
   * The data key of a document. Throws {@link SopsError} with code `key`, which tells of each group and key why not;
   * an abort is passed on.
   */
  get(metadata: Metadata, signal: AbortSignal): Promise<Uint8Array> {
    const id = createHash('sha256')
      .update(JSON.stringify([metadata.shamirThreshold, metadata.keyGroups]))
      .digest('hex');
    const known = this.#known.get(id) ?? this.#fetch(metadata, signal);
    this.#known.set(id, known);
    return known;
  }

  async #fetch({ keyGroups, shamirThreshold }: Metadata, signal: AbortSignal): Promise<Uint8Array> {
    const results: GroupResult[] = [];
    for (const group of keyGroups) results.push(await this.#group(group, signal));
    const parts = results.flatMap(({ part }) => (part === undefined ? [] : [part]));
    if (keyGroups.length === 1) {
      const [part] = parts;
      if (part === undefined) throw dataKeyFailure(results, shamirThreshold);
      return part;
    }
    if (parts.length < shamirThreshold) throw dataKeyFailure(results, shamirThreshold);
    try {
      return combineShares(parts);
    } catch (error) {
      throw new SopsError('key', `could not get data key from shamir parts: ${errorMessage(error)}`, { cause: error });
    }
  }

  async #group(group: readonly MasterKey[], signal: AbortSignal): Promise<GroupResult> {
    const failures: GroupResult['failures'][number][] = [];
    for (const key of inOrder(group)) {
      try {
        return { part: await this.#decrypt(key, signal), failures };
      } catch (error) {
        signal.throwIfAborted();
        failures.push({ key: nameOfKey(key), reason: errorMessage(error) });
      }
    }
    return { part: undefined, failures };
  }

  #decrypt(key: MasterKey, signal: AbortSignal): Promise<Uint8Array> {
    const source = this.#sources[key.kind];
    if (source === undefined) throw new Error(`no credentials for ${key.kind} keys`);
    // The table of sources pairs each kind with a source of that kind, which indexing by a union cannot express.
    return (source as KeySource).decrypt(key, signal);
  }
}

/** Keys that need no network come first (sops DefaultDecryptionOrder). */
function inOrder(group: readonly MasterKey[]): readonly MasterKey[] {
  const rank = ({ kind }: MasterKey): number => (kind === 'age' ? 0 : kind === 'pgp' ? 1 : 2);
  return group.toSorted((a, b) => rank(a) - rank(b));
}
