import { NOTIFICATION_FIELD_MANAGER, REQUESTED_AT } from '../../../crds/meta/names.ts';
import type { Receiver } from '../../../crds/notification/receiver.ts';
import type { Client } from '../../../kube/client.ts';
import type { PartialObject, ResourceType } from '../../../kube/object.ts';
import { mapLimited, withDeadline } from '../../../lib/async.ts';
import type { Clock } from '../../../lib/clock.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { Logger } from '../../../runtime/logging.ts';
import type { ObjectFilter } from './filter.ts';
import { targetType } from './target-type.ts';

type Reference = Receiver['spec']['resources'][number];

/** What it takes to wake objects. */
export interface WakeDeps {
  readonly client: Client;
  readonly clock: Clock;
  /** `--no-cross-namespace-refs`. */
  readonly noCrossNamespaceRefs: boolean;
}

/** On whose behalf objects are woken. */
export interface WakeContext {
  /** The Receiver's. */
  readonly namespace: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const requestTimeoutMs = 15_000;
/** Requests at one time, of one call. */
const maxConcurrent = 8;

/**
 * Asks the objects that a reference names to reconcile, those that `filter` takes (receiver_handlers.go,
 * requestReconciliation). Throws an Error that says what was not possible; all that could be woken has been.
 */
export async function wake(
  reference: Reference,
  filter: ObjectFilter | undefined,
  deps: WakeDeps,
  context: WakeContext,
): Promise<void> {
  const { namespace = context.namespace, name, kind } = reference;
  if (deps.noCrossNamespaceRefs && namespace !== context.namespace) {
    throw new Error('cross-namespace references are not allowed');
  }
  const type = await targetType(reference, deps.client, withDeadline(context.signal, requestTimeoutMs));
  if (name !== '*') {
    await wakeOne(type, { namespace, name }, undefined, filter, deps, context);
    return;
  }
  const objects = await matching(reference, type, namespace, deps, context);
  if (objects.length === 0) context.log.info({ kind, namespace }, 'No objects have the labels that the Receiver names');
  await wakeObjects(type, objects, filter, deps, context);
}

/** Wakes objects, those that `filter` takes. Throws an Error when one could not be woken; all that could be have been. */
export async function wakeObjects(
  type: ResourceType,
  objects: readonly PartialObject[],
  filter: ObjectFilter | undefined,
  deps: WakeDeps,
  context: WakeContext,
): Promise<void> {
  const failures = await mapLimited(objects, maxConcurrent, async ({ apiVersion, kind, metadata }) => {
    const { namespace = '', name } = metadata;
    const known = { apiVersion, kind, metadata };
    return wakeOne(type, { namespace, name }, known, filter, deps, context).then(() => undefined, errorMessage);
  });
  const failed = failures.filter((failure) => failure !== undefined);
  if (failed.length > 0) throw new Error(`${failed.length} of ${objects.length} failed, for example: ${failed[0]}`);
}

async function matching(
  { matchLabels }: Reference,
  type: ResourceType,
  namespace: string,
  { client }: WakeDeps,
  { signal }: WakeContext,
): Promise<readonly PartialObject[]> {
  if (matchLabels === undefined) throw new Error("matchLabels field not set when using wildcard '*' as name");
  const labelSelector = Object.entries(matchLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  return client.listMetadata(type, { namespace, labelSelector, signal: withDeadline(signal, requestTimeoutMs) });
}

async function wakeOne(
  type: ResourceType,
  key: { readonly namespace: string; readonly name: string },
  known: PartialObject | undefined,
  filter: ObjectFilter | undefined,
  { client, clock }: WakeDeps,
  { log, signal }: WakeContext,
): Promise<void> {
  const deadline = withDeadline(signal, requestTimeoutMs);
  const target = `${type.kind}/${key.name}.${key.namespace}`;
  if (filter !== undefined && !filter(known ?? (await client.getMetadata(type, key, { signal: deadline })))) {
    log.debug(`resource '${target}' NOT annotated because CEL expression returned false`);
    return;
  }
  const body = { metadata: { annotations: { [REQUESTED_AT]: new Date(clock.now()).toISOString() } } };
  const options = { fieldManager: NOTIFICATION_FIELD_MANAGER, signal: deadline };
  await client.patch(type, key, { type: 'merge', body }, options);
  log.info(`resource '${target}' annotated`);
}
