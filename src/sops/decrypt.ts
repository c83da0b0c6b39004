import type { DataKeys } from './data-keys.ts';
import { decryptTree, verifyMac } from './decrypt-tree.ts';
import type { Metadata } from './metadata.ts';
import { SopsError } from './sops-error.ts';
import type { Format } from './stores/format.ts';
import { type Encrypted, readEncrypted, writeDecrypted } from './stores/store.ts';

export interface DecryptOptions {
  readonly input: Format;
  readonly output: Format;
  readonly keys: DataKeys;
  readonly signal: AbortSignal;
}

/**
 * Decrypts a file, verifies its MAC, and writes it in a format (kustomize-controller internal/decryptor,
 * SopsDecryptWithFormat, with checkSopsMac). Throws {@link SopsError}; an abort is passed on.
 */
export async function decryptFile(content: Uint8Array, options: DecryptOptions): Promise<Uint8Array> {
  const { input, output, keys, signal } = options;
  const { branches, metadata } = load(content, input);
  const key = await dataKeyOf(metadata, keys, signal);
  const decrypted = prefix('error decrypting sops tree', () => decryptTree(branches, metadata, key));
  verifyMac(decrypted.mac, metadata, key);
  return prefix(`failed to emit encrypted ${input} file as decrypted ${output}`, () =>
    writeDecrypted(decrypted.branches, output),
  );
}

function load(content: Uint8Array, format: Format): Encrypted {
  return prefix(`failed to load encrypted ${format} data`, () => readEncrypted(content, format));
}

/** The data key of a document; errors tell what it was wanted for. Throws {@link SopsError}; an abort is passed on. */
export async function dataKeyOf(metadata: Metadata, keys: DataKeys, signal: AbortSignal): Promise<Uint8Array> {
  try {
    return await keys.get(metadata, signal);
  } catch (error) {
    throw prefixed('cannot get sops data key', error);
  }
}

function prefix<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw prefixed(what, error);
  }
}

function prefixed(what: string, error: unknown): unknown {
  return error instanceof SopsError
    ? new SopsError(error.code, `${what}: ${error.message}`, { cause: error.cause })
    : error;
}
