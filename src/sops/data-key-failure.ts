import { SopsError } from './sops-error.ts';

/** What became of one key group. */
export interface GroupResult {
  /** The data key or the share; undefined when no key of the group gave it. */
  readonly part: Uint8Array | undefined;
  /** The keys that were tried in vain. */
  readonly failures: readonly { readonly key: string; readonly reason: string }[];
}

/**
 * The error for a data key that could not be had, with the text that the sops command shows
 * (getsops/sops usererrors.go).
 */
export function dataKeyFailure(results: readonly GroupResult[], threshold: number): SopsError {
  const groups = results.map((result, i) => groupText(result, i)).join('\n\n');
  const successes = results.filter(({ part }) => part !== undefined).length;
  const trailer =
    threshold === 0
      ? 'Recovery failed because no master key was able to decrypt the file. In order for SOPS to recover the file, at least one key has to be successful, but none were.'
      : `Recovery failed because the file was encrypted with a Shamir threshold of ${threshold}, but only ${successes} part(s) were successfully recovered, one for each successful key group. In order for SOPS to recover the file, at least ${threshold} groups have to be successful. In order for a group to be successful, decryption has to succeed with any of the keys in that key group.`;
  const head = 'Failed to get the data key required to decrypt the SOPS file.';
  return new SopsError('key', `${head}\n\n${groups}\n\n${wrap(trailer, 75)}`);
}

function groupText({ part, failures }: GroupResult, index: number): string {
  if (part !== undefined) return `Group ${index}: SUCCESS`;
  const keys = failures.map(({ key, reason }) => `${key}: FAILED\n${indent(keyText(reason), '  ')}`);
  return `Group ${index}: FAILED\n${indent(keys.join('\n\n'), '  ')}`;
}

function keyText(reason: string): string {
  return `-${indent(wrap(reason, 60), '  | ').slice(1)}`;
}

function indent(text: string, prefix: string): string {
  return text
    .split('\n')
    .map((line) => prefix + line)
    .join('\n');
}

/** Breaks lines at spaces where they would be longer than `width`; a longer word stays whole. */
function wrap(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, width))
    .join('\n');
}

function wrapLine(line: string, width: number): string {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...lines, current].join('\n');
}
