import { createHash, type Hash } from 'node:crypto';
import { decryptValue } from './cipher.ts';
import { Branch, type Branches, Comment, type Item, isList, type Leaf, Timestamp, type Value } from './document.ts';
import { formatFixed } from './go-format.ts';
import type { Metadata } from './metadata.ts';
import { type Position, selects } from './selector.ts';
import { SopsError } from './sops-error.ts';

/** Begins the hash where `mac_only_encrypted` is set, so that no MAC is valid under both rules: sha256 of `sops`. */
const onlyEncryptedSeed = createHash('sha256').update('sops').digest();

/** A decrypted tree. */
export interface Decrypted {
  readonly branches: Branches;
  /** What the MAC has to be: upper-case hexadecimal digits of a SHA-512 over the values in order. */
  readonly mac: string;
}

/**
 * Decrypts what the metadata selects (getsops/sops sops.go, Tree.Decrypt). Comments that do not decrypt are kept:
 * nothing depends on them. Throws {@link SopsError} with code `value`.
 */
export function decryptTree(branches: Branches, metadata: Metadata, key: Uint8Array): Decrypted {
  const walk = new Walk(metadata, key);
  const decrypted = branches.map((branch) => walk.branch(branch, [], []));
  return { branches: decrypted, mac: walk.hash.digest('hex').toUpperCase() };
}

/** Throws {@link SopsError} with code `mac` unless the document's own MAC is `computed`. */
export function verifyMac(computed: string, metadata: Metadata, key: Uint8Array): void {
  let original: unknown;
  try {
    original = decryptValue(metadata.mac, key, metadata.lastModified);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SopsError('mac', `failed to verify sops data integrity: ${reason}`, { cause: error });
  }
  if (original === computed) return;
  const why =
    original === ''
      ? 'the file has no MAC'
      : 'the MAC is not that of its values, so that something in it was changed without sops';
  throw new SopsError('mac', `failed to verify sops data integrity: ${why}`);
}

const maxActive = 1000;

type Path = readonly string[];
type Comments = readonly (readonly string[])[];

class Walk {
  readonly hash: Hash = createHash('sha512');
  readonly #metadata: Metadata;
  readonly #key: Uint8Array;
  readonly #isEncrypted: (position: Position) => boolean;

  constructor(metadata: Metadata, key: Uint8Array) {
    this.#metadata = metadata;
    this.#key = key;
    this.#isEncrypted = selects(metadata.selector);
    if (metadata.macOnlyEncrypted) this.hash.update(onlyEncryptedSeed);
  }

  branch(branch: Branch, path: Path, above: Comments): Branch {
    let active: string[] = [];
    const items: Item[] = [];
    for (const { key, value } of branch.items) {
      if (key instanceof Comment) {
        this.#activate(key, active);
        items.push({ key: this.#comment(key, path, [...above, active]), value: null });
        continue;
      }
      items.push({ key, value: this.#value(value, [...path, key], [...above, active]) });
      active = [];
    }
    return new Branch(items);
  }

  #list(list: readonly Value[], path: Path, above: Comments): readonly Value[] {
    let active: string[] = [];
    return list.map((value) => {
      if (value instanceof Comment) this.#activate(value, active);
      const decrypted = this.#value(value, path, [...above, active]);
      if (!(value instanceof Comment)) active = [];
      return decrypted;
    });
  }

  /** Comments matter to some selectors only, and there each is looked at with all those above it. */
  #activate({ text }: Comment, active: string[]): void {
    if (!this.#metadata.selector.kind.endsWith('comment_regex')) return;
    if (active.length === maxActive) throw new SopsError('value', `more than ${maxActive} comments in a row`);
    active.push(text);
  }

  #value(value: Value, path: Path, comments: Comments): Value {
    if (value === null) return null;
    if (value instanceof Branch) return this.branch(value, path, comments);
    if (isList(value)) return this.#list(value, path, comments);
    if (value instanceof Comment) return this.#comment(value, path, comments);
    return this.#leaf(value, path, comments);
  }

  #leaf(value: Leaf, path: Path, comments: Comments): Value {
    const encrypted = this.#isEncrypted({ path, comments, isComment: false });
    const clear = encrypted ? this.#decrypt(value, path) : value;
    // An encrypted comment in a list is written as one of its values; sops 3.13.2 alone counts it when it verifies.
    if (clear instanceof Comment) return clear;
    if (encrypted || !this.#metadata.macOnlyEncrypted) this.hash.update(bytesOf(clear));
    return clear;
  }

  #decrypt(value: Leaf, path: Path): Leaf | Comment {
    if (typeof value !== 'string') {
      throw new SopsError('value', `Could not decrypt value: Expected encrypted value as string at ${path.join('.')}`);
    }
    try {
      return decryptValue(value, this.#key, contextOf(path));
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      throw new SopsError('value', `Could not decrypt value at ${path.join('.')}: ${error.message}`, { cause: error });
    }
  }

  #comment(comment: Comment, path: Path, comments: Comments): Comment {
    if (!this.#isEncrypted({ path, comments, isComment: true })) return comment;
    try {
      const clear = decryptValue(comment.text, this.#key, contextOf(path));
      // What stood behind a value stands above it afterwards: so upstream writes it.
      if (clear instanceof Comment) return clear;
      return typeof clear === 'string' ? new Comment(clear, comment.inline) : comment;
    } catch {
      return comment;
    }
  }
}

function contextOf(path: Path): string {
  return `${path.join(':')}:`;
}

/** The bytes that a value has in the MAC (getsops/sops sops.go, ToBytes). */
function bytesOf(value: Leaf): string | Uint8Array {
  if (typeof value === 'number') return formatFixed(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value instanceof Timestamp) return value.text;
  return typeof value === 'bigint' ? String(value) : value;
}
