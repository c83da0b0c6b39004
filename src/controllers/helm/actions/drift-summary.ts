import { subjectOf } from '../../../apply/object-ref.ts';
import type { DriftDiff } from './detect-drift.ts';

/** One line for each object that is not as it should be, or not looked at (helm-controller internal/diff, SummarizeDiffSet). */
export function summarizeDrift(diffs: readonly DriftDiff[]): string {
  return diffs.flatMap(lineOf).join('\n');
}

function lineOf({ type, item: { ref }, patch }: DriftDiff): readonly string[] {
  const subject = subjectOf(ref);
  const count = (op: string): number => patch.filter((operation) => operation.op === op).length;
  switch (type) {
    case 'create':
      return [`${subject} removed`];
    case 'exclude':
      return [`${subject} excluded`];
    case 'update':
      return [
        `${subject} changed (${count('add')} additions, ${count('replace')} changes, ${count('remove')} removals)`,
      ];
    case 'none':
      return [];
  }
}

/** The same in one line (SummarizeDiffSetBrief). */
export function summarizeDriftBrief(diffs: readonly DriftDiff[]): string {
  const count = (type: DriftDiff['type']): number => diffs.filter((diff) => diff.type === type).length;
  return `removed: ${count('create')}, changed: ${count('update')}, excluded: ${count('exclude')}`;
}
