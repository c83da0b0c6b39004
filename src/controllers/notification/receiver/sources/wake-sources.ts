import type { Receiver } from '../../../../crds/notification/receiver.ts';
import { type GitRepository, gitRepositoryKind } from '../../../../crds/source/git-repository.ts';
import { type OCIRepository, ociRepositoryKind } from '../../../../crds/source/oci-repository.ts';
import type { KubeObject, ResourceType } from '../../../../kube/object.ts';
import { withDeadline } from '../../../../lib/async.ts';
import type { ObjectFilter } from '../filter.ts';
import { type WakeContext, type WakeDeps, wakeObjects } from '../wake.ts';
import { isAffected, isImageAffected } from './affected.ts';
import type { Pushed } from './pushed.ts';

/**
 * Annotation of Receivers that the Flux API does not have: a call wakes, beside `spec.resources`, each source whose
 * address and branch, tag or image its body names; `namespace`, those of the Receiver's namespace, or `all`.
 */
export const WAKE_SOURCES = 'sluice.dev/wake-sources';

const scopes = ['namespace', 'all'] as const;

const listTimeoutMs = 15_000;

/** Which sources a Receiver wakes by itself; undefined for none, and a text that says what is wrong with the annotation. */
export function wakeSourcesOf({
  metadata: { annotations },
}: Pick<Receiver, 'metadata'>): (typeof scopes)[number] | undefined | { readonly problem: string } {
  const value = annotations?.[WAKE_SOURCES];
  if (value === undefined) return undefined;
  const scope = scopes.find((known) => known === value);
  return scope ?? { problem: `expected ${scopes.join(' or ')}, got ${JSON.stringify(value)}` };
}

/** Wakes the sources of that scope that follow what was pushed. Throws an Error as wake does. */
export async function wakeSources(
  scope: (typeof scopes)[number],
  pushed: Pushed,
  filter: ObjectFilter | undefined,
  deps: WakeDeps,
  context: WakeContext,
): Promise<void> {
  if (scope === 'all' && deps.noCrossNamespaceRefs) throw new Error('cross-namespace references are not allowed');
  const listed = async <T extends KubeObject>(type: ResourceType, isMeant: (object: T) => boolean): Promise<void> => {
    const namespace = scope === 'all' ? {} : { namespace: context.namespace };
    const objects = await deps.client.list<T>(type, {
      ...namespace,
      signal: withDeadline(context.signal, listTimeoutMs),
    });
    await wakeObjects(type, objects.filter(isMeant), filter, deps, context);
  };
  await Promise.all([
    pushed.repositories.size === 0
      ? undefined
      : listed<GitRepository & KubeObject>(gitRepositoryKind, (object) => isAffected(object, pushed)),
    pushed.images.length === 0
      ? undefined
      : listed<OCIRepository & KubeObject>(ociRepositoryKind, (object) => isImageAffected(object, pushed)),
  ]);
}
