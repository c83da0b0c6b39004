/** How many old files of one object are kept, and for how long (`--artifact-retention-*`). */
export interface Retention {
  readonly ttlMs: number;
  /** Includes the current file. */
  readonly records: number;
}

export interface StoredFile {
  readonly name: string;
  /** Milliseconds since the Unix epoch. */
  readonly modifiedAt: number;
}

/**
 * The files of one object that may go: all but the current one that are older than the ttl, and of the younger ones
 * the oldest, until no more than `records` remain (pkg/artifact/storage/gc.go). A file from the future, after the
 * clock was set back, counts as young.
 */
export function garbage(
  files: readonly StoredFile[],
  current: string,
  now: number,
  retention: Retention,
): readonly string[] {
  const others = files.filter((file) => file.name !== current);
  const expired = others.filter((file) => now - file.modifiedAt > retention.ttlMs);
  const young = others.filter((file) => !expired.includes(file)).sort((a, b) => a.modifiedAt - b.modifiedAt);
  const kept = young.length + (files.length > others.length ? 1 : 0);
  const surplus = young.slice(0, Math.max(0, kept - Math.max(1, retention.records)));
  return [...expired, ...surplus].map((file) => file.name);
}
