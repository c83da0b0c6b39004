import type { Client } from '../kube/client.ts';
import { isNoMatch } from '../kube/errors.ts';
import type { GroupVersionKind, KubeObject, ResourceType } from '../kube/object.ts';
import { sleep, withDeadline } from '../lib/async.ts';
import type { Clock } from '../lib/clock.ts';
import { valueAt } from './kstatus-fields.ts';
import { isCrd } from './stage.ts';

/** Under which name the API server serves a kind. Throws NoMatchError when it does not. */
export type ResolveType = (gvk: GroupVersionKind, signal: AbortSignal) => Promise<ResourceType>;

const discoveryMs = 30_000;
/** How long the API server may take to serve a kind whose CRD is established already. */
const servedWithinMs = 10_000;
const pauseMs = 100;

/**
 * Resolves kinds through discovery. A kind that one of `objects` defines is waited for: its CRD has been applied, and
 * the server is about to serve it.
 */
export function typeResolver(client: Client, objects: readonly KubeObject[], clock: Clock): ResolveType {
  const defined = new Set(objects.filter(isCrd).map(definedKind));
  return async (gvk, signal) => {
    const giveUpAt = clock.now() + servedWithinMs;
    for (;;) {
      try {
        return await client.discovery.resourceFor(gvk, { signal: withDeadline(signal, discoveryMs) });
      } catch (error) {
        if (!isNoMatch(error) || !defined.has(`${gvk.group}/${gvk.kind}`) || clock.now() >= giveUpAt) throw error;
        await sleep(clock, pauseMs, signal);
        client.discovery.invalidate(gvk.group);
      }
    }
  };
}

function definedKind(crd: KubeObject): string {
  return `${String(valueAt(crd, ['spec', 'group']))}/${String(valueAt(crd, ['spec', 'names', 'kind']))}`;
}
