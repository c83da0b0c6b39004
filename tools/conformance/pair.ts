import { compareYaml } from './compare.ts';

/** What a build printed, or why it failed. */
export type Result = { readonly output: string } | { readonly error: string };

/** How our answer stands to the original's. */
export const pairVerdicts = [
  'equal bytes',
  'equal values',
  'different',
  'only the original builds',
  'only ours builds',
  'both fail',
  'both need a network',
] as const;

export type PairVerdict = (typeof pairVerdicts)[number];

/** The verdicts that ask for work. */
export const badVerdicts: readonly PairVerdict[] = ['different', 'only the original builds', 'only ours builds'];

/** How the original says that it could not fetch something. */
const noNetwork = /failed to run '\S*git fetch|HTTP Error|Get \\*"http|no answer in/;

/** Compares what the original and we make of one directory. */
export function judgePair(original: Result, ours: Result): PairVerdict {
  if ('error' in original) {
    if ('output' in ours) return 'only ours builds';
    return noNetwork.test(original.error) ? 'both need a network' : 'both fail';
  }
  if ('error' in ours) return 'only the original builds';
  const verdict = compareYaml(ours.output, original.output);
  if (verdict === 'wrong') return 'different';
  return verdict === 'bytes' ? 'equal bytes' : 'equal values';
}

/** What somebody needs to see of a pair: the first lines that differ, or the messages. Empty when nothing differs. */
export function pairDetails(original: Result, ours: Result): string[] {
  if ('output' in original && 'output' in ours) return firstDifference(original.output, ours.output);
  return [
    ...('error' in original ? [`original: ${original.error}`] : []),
    ...('error' in ours ? [`ours:     ${ours.error}`] : []),
  ];
}

/** The first line in which two texts differ, with its number and the two lines before it. */
export function firstDifference(original: string, ours: string): string[] {
  if (original === ours) return [];
  const [theirs, own] = [original.split('\n'), ours.split('\n')];
  const at = theirs.findIndex((line, index) => line !== own[index]);
  const index = at === -1 ? theirs.length : at;
  return [
    `line ${index + 1}:`,
    ...theirs.slice(Math.max(0, index - 2), index).map((line) => `  ${line}`),
    `- ${theirs[index] ?? '(end)'}`,
    `+ ${own[index] ?? '(end)'}`,
  ];
}
