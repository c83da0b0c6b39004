import { compareText } from './go-text.ts';
import type { GoMap, Value } from './values.ts';

/** The entries of a map in the order in which Go's templates, fmt and encoders visit them: by key, byte by byte. */
export function sortedEntries({ entries }: GoMap): [string, Value][] {
  const list = [...entries];
  return list.length < 2 ? list : list.sort(([a], [b]) => compareText(a, b));
}
