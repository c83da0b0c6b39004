import type { DecryptionKeys } from '../../../appliers/decryption/decryption-keys.ts';
import { DISABLED, KUSTOMIZE_DECRYPT } from '../../../crds/meta/names.ts';
import type { RemoteSource } from '../../../engines/kustomize/remote/remote-source.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { isRecord } from '../../../lib/json.ts';
import type { Tree } from '../../../lib/tree.ts';
import { DataKeys } from '../../../sops/data-keys.ts';
import { decryptFile } from '../../../sops/decrypt.ts';
import { decryptObject } from '../../../sops/objects.ts';
import { detectFormat, type Format, formatOfPath } from '../../../sops/stores/format.ts';
import { decryptSources } from './decrypt-sources.ts';
import { DecryptedTree, notingSource } from './decrypted-tree.ts';
import { EncryptedFiles } from './encrypted-files.ts';

/**
 * Decryption in one build (kustomize-controller internal/decryptor). Data keys are known as long as it lives.
 *
 * Differs from Flux, which never verifies a MAC: ADR 17.
 */
export class Decryption {
  readonly #keys: DataKeys;
  readonly #files = new EncryptedFiles();
  readonly #signal: AbortSignal;

  /** Throws an Error when the keys are malformed. */
  constructor(keys: DecryptionKeys, signal: AbortSignal) {
    this.#keys = new DataKeys(keys.sources());
    this.#signal = signal;
  }

  /** The tree with everything in clear that must be before the build. Throws an Error. */
  async sources(tree: Tree, dir: string): Promise<Tree> {
    const decrypted = new DecryptedTree(tree, this.#files);
    await decryptSources(dir, { tree: decrypted, keys: this.#keys, signal: this.#signal });
    return decrypted;
  }

  /** The remotes of the build that this decryption is for. */
  remotes(source: RemoteSource): RemoteSource {
    return notingSource(source, this.#files);
  }

  /** An object of the build in clear; itself when nothing of it is encrypted. Throws an Error. */
  async object(object: KubeObject): Promise<Readonly<Record<string, unknown>>> {
    if (isDecryptionDisabled(object)) return object;
    const mac = macOf(object);
    try {
      if (mac !== undefined) return await this.#whole(object, mac);
      return object.kind === 'Secret' ? await this.#fields(object) : object;
    } catch (error) {
      this.#signal.throwIfAborted();
      throw error;
    }
  }

  async #whole(object: KubeObject, mac: string): Promise<Readonly<Record<string, unknown>>> {
    try {
      await this.#files.verify(mac, this.#keys, this.#signal);
      return await decryptObject(object, this.#keys, this.#signal);
    } catch (error) {
      throw new Error(`failed to decrypt and format '${named(object)}' ${object.kind} data: ${errorMessage(error)}`, {
        cause: error,
      });
    }
  }

  /** The data of a Secret whose values are encrypted files, as generators make them. */
  async #fields(secret: KubeObject): Promise<KubeObject> {
    const { data } = secret;
    if (!isRecord(data)) return secret;
    const clear: Record<string, string> = {};
    for (const [key, value] of Object.entries(data)) {
      const content = typeof value === 'string' ? Buffer.from(value, 'base64') : Buffer.alloc(0);
      const input = detectFormat(content);
      if (input !== undefined) clear[key] = await this.#field(secret, key, { content, input });
    }
    return Object.keys(clear).length === 0 ? secret : { ...secret, data: { ...data, ...clear } };
  }

  async #field(
    secret: KubeObject,
    key: string,
    { content, input }: { readonly content: Uint8Array; readonly input: Format },
  ): Promise<string> {
    try {
      const options = { input, output: formatOfPath(key), keys: this.#keys, signal: this.#signal };
      return Buffer.from(await decryptFile(content, options)).toString('base64');
    } catch (error) {
      throw new Error(`failed to decrypt and format '${named(secret)}' Secret field '${key}': ${errorMessage(error)}`, {
        cause: error,
      });
    }
  }
}

/** Whether the object asks to be left as it is. */
export function isDecryptionDisabled({ metadata }: Pick<KubeObject, 'metadata'>): boolean {
  return metadata.annotations?.[KUSTOMIZE_DECRYPT]?.toLowerCase() === DISABLED;
}

function macOf({ sops }: KubeObject): string | undefined {
  const mac = isRecord(sops) ? sops['mac'] : undefined;
  return typeof mac === 'string' && mac !== '' ? mac : undefined;
}

function named({ metadata: { namespace = '', name } }: KubeObject): string {
  return `${namespace}/${name}`;
}
