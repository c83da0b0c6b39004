/** What changes between two texts that are equal at their beginning and end, as a diff shows it. */
export function lineDiff(before: string, after: string): string {
  const [old, current] = [before.trimEnd().split('\n'), after.trimEnd().split('\n')];
  let start = 0;
  while (start < Math.min(old.length, current.length) && old[start] === current[start]) start++;
  let end = 0;
  const shared = Math.min(old.length, current.length) - start;
  while (end < shared && old.at(-1 - end) === current.at(-1 - end)) end++;
  return [
    ...old.slice(start, old.length - end).map((line) => `- ${line}`),
    ...current.slice(start, current.length - end).map((line) => `+ ${line}`),
  ].join('\n');
}
