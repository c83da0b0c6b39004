import { type Entry, toEntry } from '../../../apply/inventory.ts';
import { refOf } from '../../../apply/object-ref.ts';
import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import type { Client } from '../../../kube/client.ts';
import { NoMatchError } from '../../../kube/errors.ts';
import { buildEach, entriesOf } from '../actions/objects.ts';

/** What a release has in the cluster. */
export interface ReleaseInventory {
  readonly entries: readonly Entry[];
  /** Flux's message of each object whose entry lacks a namespace, perhaps wrongly: its kind is not served. */
  readonly skipped: readonly string[];
}

/** The inventory of a release (helm-controller internal/inventory, AddManifest). Throws BuildError. */
export async function releaseInventory(
  { manifest, namespace }: Pick<ReleaseRecord, 'manifest' | 'namespace'>,
  client: Client,
  signal: AbortSignal,
): Promise<ReleaseInventory> {
  const { items, unserved } = await buildEach(manifest, { client, namespace, signal });
  const refs = unserved.map(({ object }) => refOf(object));
  const skipped = refs
    .filter((ref) => ref.namespace === '')
    .map((ref) => {
      const reason = `failed to get restmapping: ${new NoMatchError(ref).message}`;
      return `failed to determine if ${ref.kind} is namespace scoped, skipping namespace: ${reason}`;
    });
  return { entries: [...entriesOf(items), ...refs.map(toEntry)], skipped };
}
