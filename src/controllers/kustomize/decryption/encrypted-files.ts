import type { DataKeys } from '../../../sops/data-keys.ts';
import { type EncryptedDocuments, encryptedDocumentsOf, verifyDocuments } from '../../../sops/documents.ts';
import { hasMarker } from '../../../sops/stores/format.ts';

interface Found extends EncryptedDocuments {
  readonly path: string;
}

/**
 * The encrypted manifests that a build reads. kustomize changes what it reads, so that an object which comes out of a
 * build cannot be held against its MAC; the file it comes from can.
 */
export class EncryptedFiles {
  readonly #contents = new Map<string, Uint8Array>();
  readonly #verified = new Map<string, Promise<void>>();
  #documents: readonly Found[] | undefined;

  /** Notes a file that is read; only those with the mark of SOPS are kept. */
  note(path: string, content: Uint8Array): void {
    if (this.#contents.has(path) || !(hasMarker(content, 'YAML') || hasMarker(content, 'JSON'))) return;
    this.#contents.set(path, content);
    this.#documents = undefined;
  }

  /**
   * Throws unless all documents with this MAC are what was encrypted, and there is one at all. Throws SopsError with the
   * file's name; an abort is passed on.
   */
  verify(mac: string, keys: DataKeys, signal: AbortSignal): Promise<void> {
    return this.#verified.getOrInsertComputed(mac, () => this.#verify(mac, keys, signal));
  }

  async #verify(mac: string, keys: DataKeys, signal: AbortSignal): Promise<void> {
    this.#documents ??= [...this.#contents].flatMap(([path, content]) =>
      encryptedDocumentsOf(content).map((documents) => ({ ...documents, path })),
    );
    const found = this.#documents.filter((documents) => documents.mac === mac);
    if (found.length === 0) throw new Error('failed to verify sops data integrity: it comes from no encrypted file');
    for (const { branches, path } of found) {
      try {
        await verifyDocuments(branches, keys, signal);
      } catch (error) {
        signal.throwIfAborted();
        throw error instanceof Error ? new Error(`${error.message} (file '${path}')`, { cause: error }) : error;
      }
    }
  }
}
