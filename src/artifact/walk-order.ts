import { setImmediate } from 'node:timers/promises';

interface Keyed<T> {
  readonly item: T;
  readonly key: string;
}

/** Short enough to be sorted, or merged, in a few milliseconds. */
const runLength = 4096;

/**
 * The items in the order in which Go's filepath.Walk meets their paths: by name within each directory, a directory's
 * content straight after it; names compare by their UTF-8 bytes. However many there are, everything else in the process
 * has its turn meanwhile.
 */
export async function inWalkOrder<T extends { readonly path: string }>(items: Iterable<T>): Promise<readonly T[]> {
  const runs: Keyed<T>[][] = [];
  let run: Keyed<T>[] = [];
  const finish = async (): Promise<void> => {
    runs.push(run.sort(compareKeys));
    run = [];
    await setImmediate();
  };
  for (const item of items) {
    run.push({ item, key: walkKey(item.path) });
    if (run.length === runLength) await finish();
  }
  if (run.length > 0 || runs.length === 0) await finish();
  let merged = runs;
  while (merged.length > 1) {
    const next: Keyed<T>[][] = [];
    for (let i = 0; i < merged.length; i += 2) next.push(await merge(merged[i] ?? [], merged[i + 1] ?? []));
    merged = next;
  }
  return (merged[0] ?? []).map(({ item }) => item);
}

async function merge<T>(a: readonly Keyed<T>[], b: readonly Keyed<T>[]): Promise<Keyed<T>[]> {
  const out: Keyed<T>[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const [left, right] = [a[i], b[j]];
    if (left === undefined && right === undefined) return out;
    if (right === undefined || (left !== undefined && compareKeys(left, right) <= 0)) {
      if (left !== undefined) out.push(left);
      i += 1;
    } else {
      out.push(right);
      j += 1;
    }
    if (out.length % runLength === 0) await setImmediate();
  }
}

/** -1, 0 or 1 of two paths in that order. */
export function compareWalkOrder(a: string, b: string): number {
  return compareKeys({ key: walkKey(a) }, { key: walkKey(b) });
}

/** A slash comes before everything that a name may hold. */
function walkKey(path: string): string {
  return path.replaceAll('/', '\u0000');
}

/**
 * UTF-16 orders as UTF-8 does, but for characters beyond the first plane, which come before U+E000 to U+FFFF there, and
 * which few names have.
 */
function compareKeys({ key: a }: { readonly key: string }, { key: b }: { readonly key: string }): number {
  if (a === b) return 0;
  if (surrogate.test(a) || surrogate.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

const surrogate = /[\ud800-\udfff]/;
