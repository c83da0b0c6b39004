/**
 * What SOPS makes of a file: an ordered tree with comments, because the MAC covers the order of values and selectors
 * may look at comments (getsops/sops sops.go).
 */
export class Branch {
  readonly items: readonly Item[];

  constructor(items: readonly Item[]) {
    this.items = items;
  }
}

/** A key and its value; a comment stands where a key would, with null as value. */
export interface Item {
  readonly key: string | Comment;
  readonly value: Value;
}

export class Comment {
  readonly text: string;
  /** It stood behind a value instead of on a line of its own. */
  readonly inline: boolean;

  constructor(text: string, inline = false) {
    this.text = text;
    this.inline = inline;
  }
}

/** A point in time as RFC 3339 writes it, with a fraction if there is one. */
export class Timestamp {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Integers are bigint and floating-point numbers are number; bytes are a text that is not UTF-8. */
export type Leaf = string | Uint8Array | bigint | number | boolean | Timestamp;

export type Value = Leaf | Comment | Branch | readonly Value[] | null;

/** A file: as many branches as it has documents. */
export type Branches = readonly Branch[];

/** Whether this is a list, which `Array.isArray` does not tell of a readonly one. */
export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes as a text when they are UTF-8 (a byte order mark stays), else as they are. */
export function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return bytes;
  }
}
