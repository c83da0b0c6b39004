import { diskProblem } from '../../artifact/disk-problem.ts';
import type { Storage } from '../../artifact/storage.ts';
import type { KubeObject } from '../../kube/object.ts';
import type { AttemptContext } from '../../runtime/attempt.ts';
import { Fault } from '../../runtime/fault.ts';

/**
 * Removes all artifacts of an object that is being deleted, or that has none any more. Throws a retry fault
 * (source-controller internal/controller, garbageCollect of each kind).
 */
export async function removeArtifacts(
  { kind, metadata: { namespace = '', name } }: KubeObject,
  attempt: Pick<AttemptContext, 'event' | 'log'>,
  storage: Storage,
): Promise<void> {
  let removed: boolean;
  try {
    removed = await storage.removeAll({ kind, namespace, name });
  } catch (error) {
    const message = `garbage collection for deleted resource failed: ${diskProblem(error)}`;
    throw new Fault('retry', 'GarbageCollectionFailed', message, { cause: error });
  }
  if (!removed) return;
  const message = 'garbage collected artifacts for deleted resource';
  attempt.log.info(message);
  attempt.event({ severity: 'trace', reason: 'GarbageCollectionSucceeded', message });
}
