import type { GitRepository } from '../../../crds/source/git-repository.ts';
import type { ObjectKey, PartialObject } from '../../../kube/object.ts';
import type { Informer } from '../../../runtime/informer.ts';
import { isWakeWorthy } from '../../../runtime/predicates.ts';
import type { WorkQueue } from '../../../runtime/work-queue.ts';

const BY_INCLUDE = 'include';
const BY_SECRET = 'secret';

/** The caches that a GitRepository is woken from. */
export interface Caches {
  readonly gitRepositories: Informer<GitRepository>;
  /** Metadata of the Secrets that carry the label `reconcile.fluxcd.io/watch`; absent when those are not watched. */
  readonly secrets?: Informer<PartialObject>;
}

/**
 * Wakes a GitRepository when it changes itself, when the artifact of one that it includes does, and when a labelled
 * Secret of its does. Upstream waits for the next interval or retry in the latter two.
 */
export function wakeOnChanges({ gitRepositories, secrets }: Caches, queue: WorkQueue): void {
  gitRepositories.addIndex(BY_INCLUDE, ({ metadata: { namespace }, spec }) =>
    (spec.include ?? []).map(({ repository: { name } }) => indexKey({ namespace, name })),
  );
  gitRepositories.addIndex(BY_SECRET, ({ metadata: { namespace }, spec }) =>
    [spec.secretRef, spec.proxySecretRef].flatMap((ref) =>
      ref === undefined ? [] : indexKey({ namespace, name: ref.name }),
    ),
  );

  gitRepositories.onChange((change) => {
    // What was there at the start comes after what is news.
    if (isWakeWorthy(change) && change.current !== undefined) queue.add(keyOf(change.current), change.initial ? -1 : 0);
    const { old, current } = change;
    const object = current ?? old;
    if (object === undefined || change.initial === true || artifactOf(old) === artifactOf(current)) return;
    const users = gitRepositories.byIndex(BY_INCLUDE, indexKey(keyOf(object)));
    // Two that include each other would wake each other without end; their intervals will do, as upstream.
    wake(
      users.filter((user) => !includesInTurn(object, user, gitRepositories)),
      queue,
    );
  });

  secrets?.onChange(({ old, current, initial }) => {
    const secret = current ?? old;
    if (secret === undefined || initial === true) return;
    wake(gitRepositories.byIndex(BY_SECRET, indexKey(keyOf(secret))), queue);
  });
}

function wake(objects: readonly GitRepository[], queue: WorkQueue): void {
  for (const object of objects) queue.add(keyOf(object));
}

/** Whether `object` includes `other`, itself or through those that it includes. */
function includesInTurn(
  object: GitRepository,
  other: GitRepository,
  all: Pick<Informer<GitRepository>, 'get'>,
): boolean {
  const { namespace } = object.metadata;
  const seen = new Set<string>();
  const ahead: (GitRepository | undefined)[] = [object];
  for (let at = ahead.pop(); at !== undefined || ahead.length > 0; at = ahead.pop()) {
    for (const { repository } of at?.spec.include ?? []) {
      if (repository.name === other.metadata.name) return true;
      if (!seen.has(repository.name)) ahead.push(all.get({ namespace, name: repository.name }));
      seen.add(repository.name);
    }
  }
  return false;
}

function artifactOf(object: GitRepository | undefined): string {
  const artifact = object?.status?.artifact;
  return artifact === undefined ? '' : `${artifact.revision} ${artifact.digest}`;
}

function keyOf({ metadata: { namespace, name } }: PartialObject): ObjectKey {
  return namespace === undefined ? { name } : { namespace, name };
}

function indexKey({ namespace = '', name }: ObjectKey): string {
  return `${namespace}/${name}`;
}
