import { BuildError } from '../build-error.ts';
import { kindRanks, legacyFirst, legacyLast } from '../config/field-spec.ts';
import type { SortOptions } from '../kustomization/types.ts';
import { type Gvk, gvkText, type ResId, sameGvk } from '../resource/res-id.ts';
import type { ResMap } from '../resource/res-map.ts';

/** Sorts the result as `sortOptions` says: `fifo` leaves it, `legacy` goes by kinds (SortOrderTransformer). */
export function sortResources(map: ResMap, { order, legacySortOptions }: SortOptions): void {
  if (order !== 'fifo' && order !== 'legacy') {
    throw new BuildError("the field 'sortOptions.order' must be one of [fifo, legacy]", { field: 'sortOptions.order' });
  }
  if (order === 'fifo') {
    if (legacySortOptions === undefined) return;
    throw new BuildError(
      "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
      { field: 'sortOptions.legacySortOptions' },
    );
  }
  const ranks =
    legacySortOptions === undefined
      ? kindRanks(legacyFirst, legacyLast)
      : kindRanks(legacySortOptions.orderFirst ?? [], legacySortOptions.orderLast ?? []);
  const keyed = map.resources.map((resource) => ({ resource, id: resource.id() }));
  keyed.sort((a, b) => compareIds(a.id, b.id, ranks));
  map.replaceAll(keyed.map(({ resource }) => resource));
}

function compareIds(a: ResId, b: ResId, ranks: ReadonlyMap<string, number>): number {
  if (sameGvk(a, b)) return compareTexts(nameText(a), nameText(b));
  const byRank = (ranks.get(a.kind) ?? 0) - (ranks.get(b.kind) ?? 0);
  if (byRank !== 0) return byRank;
  const byText = compareTexts(kindText(a), kindText(b));
  const coreNamespaces = a.kind === 'Namespace' && b.kind === 'Namespace' && (a.group === '' || b.group === '');
  return coreNamespaces ? -byText : byText;
}

function kindText({ group, version, kind }: Gvk): string {
  return `${group || '~G'}_${version || '~V'}_${kind || '~K'}`;
}

function nameText(id: ResId): string {
  return `${gvkText(id)}|${id.namespace || '~X'}|${id.name || '~N'}`;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
