import { isRecord } from '../../../lib/json.ts';
import { setMember } from '../../../yaml/decode.ts';
import { emitYaml } from '../../../yaml/emit.ts';
import type { Kustomization } from './types.ts';

/** Members that Go writes also when they are zero, with what it writes then. */
const always: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  vars: { name: '', objref: {}, fieldref: {} },
  replicas: { count: 0 },
  targets: { select: null },
  legacySortOptions: { orderFirst: null, orderLast: null },
};

/** A kustomization as the text that sigs.k8s.io/yaml makes of it: sorted, without what is empty. */
export function writeKustomization(kustomization: Kustomization): string {
  return emitYaml(compact(kustomization, ''));
}

/** Leaves out what Go's `omitempty` leaves out: empty texts, lists and maps, false and zero; not objects. */
function compact(value: unknown, field: string): unknown {
  if (Array.isArray(value)) return value.map((item) => compact(item, field));
  if (!isRecord(value)) return value;
  const kept: Record<string, unknown> = { ...always[field] };
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined || member === null || member === '' || member === false || member === 0) continue;
    if (Array.isArray(member) ? member.length === 0 : isEmptyMap(member, name)) continue;
    setMember(kept, name, compact(member, name));
  }
  return kept;
}

const maps: ReadonlySet<string> = new Set([
  'commonLabels',
  'commonAnnotations',
  'labels',
  'annotations',
  'pairs',
  'openapi',
]);

function isEmptyMap(value: unknown, name: string): boolean {
  return isRecord(value) && maps.has(name) && Object.keys(value).length === 0;
}
