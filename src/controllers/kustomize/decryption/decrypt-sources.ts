import { decodeStruct } from '../../../engines/kustomize/kustomization/decode.ts';
import { kustomizationFileNames, kustomizationTypeFor } from '../../../engines/kustomize/kustomization/load.ts';
import type { Kustomization, SecretArgs } from '../../../engines/kustomize/kustomization/types.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { secureJoin } from '../../../lib/secure-path.ts';
import type { DataKeys } from '../../../sops/data-keys.ts';
import { decryptFile } from '../../../sops/decrypt.ts';
import { type Format, formatOfPath, hasMarker } from '../../../sops/stores/format.ts';
import { parseYaml } from '../../../yaml/parse.ts';
import type { DecryptedTree } from './decrypted-tree.ts';

/** The largest file that is decrypted before a build, in bytes (maxEncryptedFileSize). */
const maxFileBytes = 5 << 20;

/** Deeper than any kustomization refers to others. */
const maxDepth = 100;

/** More than any build has; symlinks could make any number of paths to the same directory. */
const maxKustomizations = 10_000;

export interface SourceDecryption {
  readonly tree: DecryptedTree;
  readonly keys: DataKeys;
  readonly signal: AbortSignal;
}

/** A file that a kustomization names, and the format in which it is encrypted. */
interface Reference {
  readonly path: string;
  readonly format: Format;
}

/**
 * Decrypts the files of secret generators and patches before the build reads them, in the kustomization of `dir` and in
 * all that it refers to, Components included (kustomize-controller internal/decryptor, DecryptSources). Throws an Error
 * when one cannot be decrypted.
 */
export async function decryptSources(dir: string, decryption: SourceDecryption): Promise<void> {
  try {
    await new Walk(decryption).visit(secureJoin('', dir), 0);
  } catch (error) {
    decryption.signal.throwIfAborted();
    throw new Error(`error decrypting sources: ${errorMessage(error)}`, { cause: error });
  }
}

class Walk {
  readonly #decryption: SourceDecryption;
  readonly #visited = new Set<string>();
  readonly #decrypted = new Set<string>();

  constructor(decryption: SourceDecryption) {
    this.#decryption = decryption;
  }

  async visit(dir: string, depth: number): Promise<void> {
    if (this.#visited.has(dir)) return;
    this.#visited.add(dir);
    if (this.#visited.size > maxKustomizations) {
      throw new Error(`there are more than ${maxKustomizations} kustomizations`);
    }
    if (depth > maxDepth) throw new Error(`kustomizations refer to each other over more than ${maxDepth} levels`);
    const kustomization = this.#load(dir);
    for (const reference of referencesOf(kustomization)) {
      await this.#decrypt(secureJoin('', below(dir, reference.path)), reference.format);
    }
    const { resources = [], bases = [], components = [] } = kustomization;
    for (const resource of [...resources, ...bases, ...components]) {
      const path = secureJoin('', below(dir, resource));
      // A manifest, a URL, or nothing at all: the build tells.
      if (this.#decryption.tree.stat(path) === 'dir') await this.visit(path, depth + 1);
    }
  }

  #load(dir: string): Kustomization {
    const { tree } = this.#decryption;
    const found = kustomizationFileNames.filter((name) => tree.stat(below(dir, name)) === 'file');
    const [name] = found;
    if (name === undefined) throw new Error('no kustomization file found');
    if (found.length > 1) throw new Error('found multiple kustomization files');
    const file = below(dir, name);
    const what = `failed to unmarshal kustomization file from '${file}'`;
    let value: unknown;
    try {
      value = parseYaml(new TextDecoder().decode(tree.readFile(file)), { file });
    } catch (error) {
      throw new Error(`${what}: ${errorMessage(error)}`, { cause: error });
    }
    return decodeStruct(value, kustomizationTypeFor('v5.8.1'), { strict: false, coerce: true, file }, what);
  }

  async #decrypt(path: string, format: Format): Promise<void> {
    if (this.#decrypted.has(path)) return;
    const { tree, keys, signal } = this.#decryption;
    const content = tree.stat(path) === 'file' ? tree.readOriginal(path) : undefined;
    if (content === undefined) throw new Error(`lstat ${path}: no such file or directory`);
    if (content.length > maxFileBytes) {
      throw new Error(`cannot decrypt file with size (${content.length} bytes) exceeding limit (${maxFileBytes})`);
    }
    this.#decrypted.add(path);
    if (!hasMarker(content, format)) return;
    try {
      tree.replace(path, await decryptFile(content, { input: format, output: format, keys, signal }));
    } catch (error) {
      signal.throwIfAborted();
      throw new Error(`${errorMessage(error)} (file '${path}')`, { cause: error });
    }
  }
}

/** A path from a directory; an absolute one is taken from the root of the artifact. */
function below(dir: string, path: string): string {
  return path.startsWith('/') ? path : `${dir}/${path}`;
}

function referencesOf({ secretGenerator = [], patches = [] }: Kustomization): readonly Reference[] {
  const files = patches.flatMap(({ path = '' }) => (path === '' || isRemote(path) ? [] : [path]));
  return [...secretGenerator.flatMap(sourcesOf), ...files.map((path) => ({ path, format: formatOfPath(path) }))];
}

/** Files are decrypted in the format of their key; env files in that of their name, dotenv when it tells none. */
function sourcesOf({ files = [], envs = [], env = '' }: SecretArgs): readonly Reference[] {
  const ofFiles = files.map((source) => {
    const equals = source.indexOf('=');
    const key = equals < 0 ? source : source.slice(0, equals);
    return { path: equals < 0 ? source : source.slice(equals + 1), format: formatOfPath(key) };
  });
  const ofEnvs = [...envs, ...(env === '' ? [] : [env])].map((path): Reference => {
    const format = formatOfPath(path);
    return { path, format: format === 'binary' ? 'dotenv' : format };
  });
  return [...ofFiles, ...ofEnvs];
}

function isRemote(path: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(path);
}
