import { parseYamlDocuments } from '../../src/yaml/parse.ts';

/** What a program printed, or how it failed. */
export type Output = { readonly output: string } | { readonly error: string };

/** How two renderings of a chart compare. */
export type ChartVerdict =
  | 'equal'
  | 'equal in structure'
  | 'both fail'
  | 'only we render'
  | 'only helm renders'
  | 'different';

/**
 * Compares Helm's output with ours. Where they differ, Helm renders once more: what it prints otherwise each time is
 * compared in structure.
 */
export async function judgeCharts(
  original: Output,
  ours: Output,
  again: () => Promise<Output>,
): Promise<{ readonly verdict: ChartVerdict; readonly detail: string }> {
  if ('error' in original) {
    if ('error' in ours) return { verdict: 'both fail', detail: '' };
    return { verdict: 'only we render', detail: indented(original.error) };
  }
  if ('error' in ours) return { verdict: 'only helm renders', detail: indented(ours.error) };
  if (original.output === ours.output) return { verdict: 'equal', detail: '' };
  const second = await again();
  const isRandom = 'output' in second && second.output !== original.output;
  if (isRandom && structure(original.output) === structure(ours.output))
    return { verdict: 'equal in structure', detail: '' };
  return { verdict: 'different', detail: firstDifference(original.output, ours.output) };
}

/** Documents with their keys, and every text and number only by its kind. */
function structure(stream: string): string {
  return JSON.stringify(parseYamlDocuments(stream), (_, value: unknown) =>
    typeof value === 'string' || typeof value === 'number' ? typeof value : value,
  );
}

/** The lines around the first that differs, of either side. */
function firstDifference(a: string, b: string): string {
  const left = a.split('\n');
  const right = b.split('\n');
  const at = left.findIndex((line, index) => line !== right[index]);
  const line = at < 0 ? left.length : at;
  const before = left.slice(0, line).findLast((text) => text.startsWith('# Source:')) ?? '';
  return indented(
    [
      `line ${line + 1} ${before}`,
      `helm: ${left.slice(line, line + 3).join('⏎')}`,
      `ours: ${right.slice(line, line + 3).join('⏎')}`,
    ].join('\n'),
  );
}

function indented(text: string): string {
  return text
    .trim()
    .split('\n')
    .slice(0, 8)
    .map((line) => `    ${line.slice(0, 300)}`)
    .join('\n');
}
