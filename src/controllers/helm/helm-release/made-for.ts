import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import { HELM_GROUP, ownerLabels } from '../../../crds/meta/names.ts';
import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import { isRecord } from '../../../lib/json.ts';
import { parseYamlDocuments } from '../../../yaml/parse.ts';

/** Whether the release was made for this object: everything in it says so. */
export function isMadeFor({ manifest, hooks }: ReleaseRecord, { metadata: { name, namespace } }: HelmRelease): boolean {
  const text = manifest === '' ? (hooks[0]?.manifest ?? '') : manifest;
  const labels = ownerLabels(HELM_GROUP, { name, namespace });
  return parseFirst(text).some((found) => Object.entries(labels).every(([label, value]) => found[label] === value));
}

function parseFirst(text: string): readonly Readonly<Record<string, unknown>>[] {
  const [document]: readonly unknown[] = parseYamlDocuments(
    text.slice(0, Math.max(0, text.indexOf('\n---', 4))) || text,
  );
  const metadata = isRecord(document) ? document['metadata'] : undefined;
  const labels = isRecord(metadata) ? metadata['labels'] : undefined;
  return isRecord(labels) ? [labels] : [];
}
