import { apiVersionOf, refOf } from '../../../apply/object-ref.ts';
import { servedInstead } from '../../../apply/served-instead.ts';
import { withDeadline } from '../../../lib/async.ts';
import type { ActionContext } from './context.ts';
import { type BuiltObjects, buildEach, located, type ReleaseObject, unservedError } from './objects.ts';

const requestMs = 60_000;

/**
 * The objects of a revision that was released before, as they are to be found now: Kubernetes gives up versions of its
 * kinds, and definitions are deleted with all their objects. Throws BuildError where it cannot be told what became of
 * a kind. Differs from Helm (docs/adr/0030), for which such a release can be neither upgraded nor uninstalled.
 */
export async function formerObjects(
  manifest: string,
  { client, signal, release, log }: ActionContext,
): Promise<readonly ReleaseObject[]> {
  const { namespace } = release;
  const { items, unserved } = await buildEach(manifest, { client, signal, namespace });
  const found: ReleaseObject[] = [];
  const lost: BuiltObjects['unserved'][number][] = [];
  for (const one of unserved) {
    const { object } = one;
    const ref = refOf(object);
    const instead = await servedInstead(ref, client, withDeadline(signal, requestMs));
    signal.throwIfAborted();
    if (instead === undefined) lost.push(one);
    else if (instead === 'gone') log.add('resource is gone with its kind', { kind: ref.kind, name: ref.name });
    else found.push(located({ ...object, apiVersion: apiVersionOf(instead) }, instead, namespace));
  }
  if (lost.length > 0) throw unservedError(lost);
  return [...items, ...found];
}
