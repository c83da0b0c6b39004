import { KUSTOMIZE_GROUP } from '../../../crds/meta/names.ts';

/** How much may be deleted without being asked. Definitions, namespaces and volumes never may: others hang on them. */
export interface PruneGuard {
  /** Objects. */
  readonly maxObjects?: number;
  /** Percent of the inventory. */
  readonly maxPercent?: number;
  /** The deletion of the Kustomization itself is guarded too. */
  readonly onDelete: boolean;
}

const expected =
  "expected a number of objects, a share such as 25%, on-delete, or several of them with commas, or 'none'";

/**
 * Reads `10`, `25%`, `on-delete`, several of them separated by commas, or `none`, which gives undefined. Throws
 * RangeError with what was expected.
 */
export function parsePruneGuard(text: string): PruneGuard | undefined {
  if (text.trim() === 'none') return undefined;
  let guard: PruneGuard = { onDelete: false };
  for (const item of text.split(',').map((part) => part.trim())) {
    const [, digits, percent] = /^(\d{1,9})(%?)$/.exec(item) ?? [];
    if (item === 'on-delete') guard = { ...guard, onDelete: true };
    else if (digits === undefined) throw new RangeError(`'${item}': ${expected}`);
    else if (percent === '') guard = { ...guard, maxObjects: Number(digits) };
    else if (Number(digits) <= 100) guard = { ...guard, maxPercent: Number(digits) };
    else throw new RangeError(`'${item}': a share of at most 100%`);
  }
  return guard;
}

/** An object that would be deleted. */
export interface Deletion {
  readonly group: string;
  readonly kind: string;
}

const guardedKinds: ReadonlySet<string> = new Set([
  '/Namespace',
  '/PersistentVolume',
  'apiextensions.k8s.io/CustomResourceDefinition',
]);

/** Why the guard wants to be asked before these are deleted; undefined when they are within its limits. */
export function whyHeld(
  { maxObjects, maxPercent }: PruneGuard,
  deletions: readonly Deletion[],
  inventorySize: number,
): string | undefined {
  const reasons: string[] = [];
  const { length } = deletions;
  if (maxObjects !== undefined && length > maxObjects) reasons.push(`more than ${maxObjects} objects`);
  if (maxPercent !== undefined && length * 100 > maxPercent * inventorySize) {
    reasons.push(`more than ${maxPercent}% of ${inventorySize}`);
  }
  const guarded = deletions.filter(({ group, kind }) => guardedKinds.has(`${group}/${kind}`));
  const kinds = [...new Set(guarded.map(({ kind }) => kind))].sort();
  if (kinds.length > 0) reasons.push(`of kind ${kinds.join(' and ')}`);
  return reasons.length === 0 ? undefined : reasons.join(', ');
}

/** Whether deleting an object deletes what a Kustomization applied. */
export function isKustomization({ group, kind }: Deletion): boolean {
  return group === KUSTOMIZE_GROUP && kind === 'Kustomization';
}
