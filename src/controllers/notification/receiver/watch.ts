import type { Receiver } from '../../../crds/notification/receiver.ts';
import type { KubeObject, ObjectKey, PartialObject } from '../../../kube/object.ts';
import type { Informer } from '../../../runtime/informer.ts';
import { type Change, isWakeWorthy } from '../../../runtime/predicates.ts';
import type { WorkQueue } from '../../../runtime/work-queue.ts';
import { WAKE_SOURCES } from './sources/wake-sources.ts';

const BY_SECRET = 'secret';
const BY_PATH = 'path';

/** The cache of Receivers: that of the reconcile, and of the server that answers their calls. */
export type ReceiverCache = Informer<Receiver & KubeObject>;

/** Lets a Receiver be found by its path. */
export function indexPaths(receivers: ReceiverCache): void {
  receivers.addIndex(BY_PATH, ({ status }) => {
    const path = status?.webhookPath ?? '';
    return path === '' ? [] : [path];
  });
}

/** The Receivers that claim this path, mostly one; the oldest first. */
export function receiversAt(receivers: ReceiverCache, path: string): readonly (Receiver & KubeObject)[] {
  const age = ({ metadata: { creationTimestamp = '', uid = '' } }: KubeObject): string => `${creationTimestamp}${uid}`;
  return receivers.byIndex(BY_PATH, path).sort((a, b) => (age(a) < age(b) ? -1 : 1));
}

/** Wakes a Receiver when it changes itself, and when its labelled Secret does. `secrets` are their metadata. */
export function wakeOnChanges(
  receivers: ReceiverCache,
  secrets: Informer<PartialObject> | undefined,
  queue: WorkQueue,
): void {
  receivers.addIndex(BY_SECRET, ({ metadata: { namespace }, spec }) =>
    spec.secretRef === undefined ? [] : [indexKey({ namespace, name: spec.secretRef.name })],
  );
  receivers.onChange((change) => {
    const isNews = isWakeWorthy(change) || annotationChanged(change);
    if (isNews && change.current !== undefined) queue.add(keyOf(change.current), change.initial ? -1 : 0);
  });
  secrets?.onChange(({ old, current, initial }) => {
    const secret = current ?? old;
    if (secret === undefined || initial === true) return;
    for (const receiver of receivers.byIndex(BY_SECRET, indexKey(keyOf(secret)))) queue.add(keyOf(receiver));
  });
}

/** Whether an annotation of ours has changed, which does not move the generation. */
function annotationChanged({ old, current }: Change<PartialObject>): boolean {
  if (old === undefined || current === undefined) return false;
  return old.metadata.annotations?.[WAKE_SOURCES] !== current.metadata.annotations?.[WAKE_SOURCES];
}

function keyOf({ metadata: { namespace, name } }: PartialObject): ObjectKey {
  return namespace === undefined ? { name } : { namespace, name };
}

function indexKey({ namespace = '', name }: ObjectKey): string {
  return `${namespace}/${name}`;
}
