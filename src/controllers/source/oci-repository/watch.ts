import type { ObjectKey, PartialObject } from '../../../kube/object.ts';
import { isWakeWorthy } from '../../../runtime/predicates.ts';
import type { WorkQueue } from '../../../runtime/work-queue.ts';
import type { SourceCaches } from '../caches.ts';
import type { UsedSecrets } from './used-secrets.ts';

const BY_SECRET = 'secret';

/**
 * Wakes an OCIRepository when it changes itself, and when a labelled Secret of its, or of its ServiceAccount, does, for which upstream waits until
 * the next interval or retry.
 */
export function wakeOnChanges(
  { ociRepositories, secrets }: Pick<SourceCaches, 'ociRepositories' | 'secrets'>,
  usedSecrets: Pick<UsedSecrets, 'usersOf'>,
  queue: WorkQueue,
): void {
  ociRepositories.addIndex(BY_SECRET, ({ metadata: { namespace }, spec }) =>
    [spec.secretRef, spec.certSecretRef, spec.proxySecretRef].flatMap((ref) =>
      ref === undefined ? [] : indexKey({ namespace, name: ref.name }),
    ),
  );
  ociRepositories.onChange((change) => {
    // What was there at the start comes after what is news.
    if (isWakeWorthy(change) && change.current !== undefined) queue.add(keyOf(change.current), change.initial ? -1 : 0);
  });
  secrets?.onChange(({ old, current, initial }) => {
    const secret = current ?? old;
    if (secret === undefined || initial === true) return;
    const key = keyOf(secret);
    for (const object of ociRepositories.byIndex(BY_SECRET, indexKey(key))) queue.add(keyOf(object));
    for (const user of usedSecrets.usersOf(key)) queue.add(user);
  });
}

function keyOf({ metadata: { namespace, name } }: PartialObject): ObjectKey {
  return namespace === undefined ? { name } : { namespace, name };
}

function indexKey({ namespace = '', name }: ObjectKey): string {
  return `${namespace}/${name}`;
}
