import { createHash } from 'node:crypto';

/** How a repository names its objects; the server tells (`object-format`), SHA-1 when it is silent. */
export type ObjectFormat = 'sha1' | 'sha256';

/** The four kinds of Git objects. */
export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

/** Length of an object name in bytes. */
export function oidBytes(format: ObjectFormat): number {
  return format === 'sha1' ? 20 : 32;
}

/** Whether the text is a full object name: 40 (or 64) lower-case hex digits, of the given format or of either. */
export function isOid(text: string, format?: ObjectFormat): boolean {
  if (format === undefined) {
    return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
  }
  return text.length === oidBytes(format) * 2 && /^[0-9a-f]+$/.test(text);
}

/** The format that a full object name belongs to, by its length. */
export function formatOfOid(oid: string): ObjectFormat {
  return oid.length === 64 ? 'sha256' : 'sha1';
}

/** The name of an object: the digest of `type size NUL content`, in hex. */
export function hashObject(format: ObjectFormat, type: ObjectType, content: Uint8Array): string {
  return createHash(format).update(`${type} ${content.byteLength}\0`).update(content).digest('hex');
}
