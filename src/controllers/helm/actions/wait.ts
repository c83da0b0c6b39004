import { ApplyError } from '../../../apply/apply-error.ts';
import { waitForCurrent } from '../../../apply/health.ts';
import { status } from '../../../apply/kstatus.ts';
import {
  conditionsOf,
  current,
  failed,
  inProgress,
  type ObjectStatus,
  textAt,
  valueAt,
} from '../../../apply/kstatus-fields.ts';
import { formatId, type ObjectRef, subjectOf } from '../../../apply/object-ref.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { ActionContext, WaitOptions } from './context.ts';
import { hasJobFailed, isReadyForHelm3 } from './legacy-ready.ts';
import type { ReleaseObject } from './objects.ts';
import type { WrittenObject } from './write-objects.ts';

/**
 * Objects that did not become what was waited for. The message is that of Flux's waiter (fluxcd/pkg ssa), or, by the
 * strategy `legacy`, that of Helm 3 (pkg/kube/wait.go), which names an object only where a Job has failed.
 */
export class WaitError extends Error {
  override readonly name = 'WaitError';
  /** The wait was given up because there is something newer to do. */
  readonly interrupted: boolean;

  constructor(message: string, options: { readonly cause?: unknown; readonly interrupted?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.interrupted = options.interrupted ?? false;
  }
}

/** Kinds whose objects are what they shall be as soon as they are there. */
const readyAtOnce: ReadonlySet<string> = new Set(
  [
    ['', 'ConfigMap Secret ServiceAccount LimitRange ResourceQuota'],
    ['rbac.authorization.k8s.io', 'Role RoleBinding ClusterRole ClusterRoleBinding'],
    ['networking.k8s.io', 'Ingress IngressClass NetworkPolicy'],
    ['scheduling.k8s.io', 'PriorityClass'],
    ['storage.k8s.io', 'StorageClass CSIDriver'],
    ['admissionregistration.k8s.io', 'MutatingWebhookConfiguration ValidatingWebhookConfiguration'],
  ].flatMap(([group, kinds = '']) => kinds.split(' ').map((kind) => `${group}/${kind}`)),
);

/**
 * Waits until written objects are ready (helm-controller internal/action/wait.go). Those that were so when they were
 * written are not looked at again. Throws {@link WaitError}, or the reason of the context's signal.
 */
export async function waitReady(
  written: readonly WrittenObject[],
  wait: WaitOptions,
  context: ActionContext,
): Promise<void> {
  if (wait.strategy === 'hookOnly') return;
  const judge = judgeOf(wait, context);
  const open = written.filter(({ item, live }) => !isPaused(item.object) && !isReady(item, live, judge, context));
  const refs = open.map(({ item }) => item.ref);
  const rules = { timeoutMs: wait.timeoutMs, failFast: true };
  const jobsWithTtl = ttlJobs(open.map(({ item }) => item));
  if (wait.strategy === 'legacy') await waitAsHelm3(refs, jobsWithTtl, { ...rules, judge }, context);
  else await waitFor(refs, jobsWithTtl, { ...rules, judge }, context);
}

/** Waits until hooks have run: Jobs and Pods to their end, others not at all but where the user says how to judge them. */
export async function waitHooks(
  items: readonly ReleaseObject[],
  timeoutMs: number,
  context: ActionContext,
): Promise<void> {
  const judge = (object: KubeObject): ObjectStatus => context.health?.(object) ?? hookStatus(object);
  const open = items.filter(({ object }) => judge(object).status !== 'Current');
  const refs = open.map(({ ref }) => ref);
  await waitFor(refs, ttlJobs(open), { timeoutMs, judge, failFast: false }, context);
}

type Judge = (object: KubeObject) => ObjectStatus;

interface WaitRules {
  readonly timeoutMs: number;
  readonly judge: Judge;
  readonly failFast: boolean;
}

function judgeOf({ forJobs, strategy }: WaitOptions, { health, clock }: ActionContext): Judge {
  return (object) => {
    const own = health?.(object);
    if (own !== undefined) return own;
    if (strategy === 'legacy') return legacyStatus(object, forJobs);
    return isJob(object) && !forJobs ? startedJob(object) : status(object, clock.now());
  };
}

/** The waiter of Helm 3 knows no health expressions, but takes them here; a failed Job ends the wait. */
function legacyStatus(object: KubeObject, forJobs: boolean): ObjectStatus {
  if (isJob(object)) {
    if (!forJobs) return current('Jobs are not waited for');
    if (hasJobFailed(object)) return failed(`job is failed: ${object.metadata.namespace}/${object.metadata.name}`);
  }
  return isReadyForHelm3(object) ? current('Resource is ready') : inProgress('Resource is not ready');
}

function isReady(
  { object, type }: ReleaseObject,
  live: KubeObject | undefined,
  judge: Judge,
  { health }: ActionContext,
): boolean {
  if (live !== undefined) return judge(live).status === 'Current';
  return readyAtOnce.has(`${type.group}/${type.kind}`) && health?.(object) === undefined;
}

async function waitAsHelm3(
  refs: readonly ObjectRef[],
  jobsWithTtl: ReadonlySet<string>,
  rules: WaitRules,
  context: ActionContext,
): Promise<void> {
  let failure: ObjectStatus | undefined;
  const judge = (object: KubeObject): ObjectStatus => {
    const found = rules.judge(object);
    if (found.status === 'Failed') failure = found;
    return found;
  };
  try {
    await waitFor(refs, jobsWithTtl, { ...rules, judge }, context);
  } catch (error) {
    if (!(error instanceof WaitError) || error.interrupted) throw error;
    throw new WaitError(failure?.message ?? 'context deadline exceeded', { cause: error });
  }
}

async function waitFor(
  refs: readonly ObjectRef[],
  jobsWithTtl: ReadonlySet<string>,
  { timeoutMs, judge, failFast }: WaitRules,
  context: ActionContext,
): Promise<void> {
  if (refs.length === 0) return;
  const { client, clock, signal, waitSignal, waiter } = context;
  const either = waitSignal === undefined ? signal : AbortSignal.any([signal, waitSignal]);
  const options = { timeoutMs, signal: either, clock, failFast, jobsWithTtl, status: judge };
  try {
    await held(context, waitForCurrent(waiter, client, refs, options));
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof ApplyError) throw new WaitError(cause.message, { cause });
    if (waitSignal?.aborted === true)
      throw new WaitError(errorMessage(waitSignal.reason), { cause, interrupted: true });
    throw cause;
  }
}

function held<T>({ waiting }: ActionContext, wait: Promise<T>): Promise<T> {
  return waiting === undefined ? wait : waiting(wait);
}

/**
 * Waits until objects are gone from the cluster. Throws {@link WaitError} after `timeoutMs` (fluxcd/pkg ssa,
 * WaitForTermination), or the reason of the context's signal.
 */
export async function waitGone(
  items: readonly ReleaseObject[],
  timeoutMs: number,
  context: ActionContext,
): Promise<void> {
  if (items.length === 0) return;
  const { client, clock, signal, waiter } = context;
  const { promise, resolve } = Promise.withResolvers<'gone' | 'timeout' | 'aborted'>();
  const refs = items.map(({ ref }) => ref);
  const left = (): ObjectRef | undefined =>
    refs.find((ref) => handle.statuses().get(formatId(ref))?.status !== 'NotFound');
  const handle = waiter.watchObjects(client, refs, {
    unservedIsGone: true,
    onChange: () => {
      if (left() === undefined) resolve('gone');
    },
  });
  const timer = clock.setTimeout(() => resolve('timeout'), timeoutMs);
  const onAbort = (): void => resolve('aborted');
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const ending = await held(context, promise);
    if (ending === 'aborted') throw signal.reason;
    const ref = left();
    if (ref !== undefined) throw new WaitError(`${subjectOf(ref)} termination timeout: context deadline exceeded`);
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', onAbort);
    handle.close();
  }
}

function isJob({ apiVersion, kind }: KubeObject): boolean {
  return kind === 'Job' && apiVersion.startsWith('batch/');
}

/** Nobody waits for a Deployment that is held on purpose. */
function isPaused(object: KubeObject): boolean {
  return (
    object.apiVersion === 'apps/v1' && object.kind === 'Deployment' && valueAt(object, ['spec', 'paused']) === true
  );
}

/** Jobs that delete themselves once they have finished, by inventory id. */
function ttlJobs(items: readonly ReleaseObject[]): ReadonlySet<string> {
  const jobs = items.filter(
    ({ object }) => isJob(object) && valueAt(object, ['spec', 'ttlSecondsAfterFinished']) !== undefined,
  );
  return new Set(jobs.map(({ ref }) => formatId(ref)));
}

/** A Job of which it is enough that it runs (cli-utils pkg/kstatus/status/core.go, jobConditions). */
function startedJob(job: KubeObject): ObjectStatus {
  if (job.metadata.deletionTimestamp) return { status: 'Terminating', message: 'Resource scheduled for deletion' };
  const done = conditionsOf(job).find(
    ({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True',
  );
  if (done?.type === 'Complete') return current('Job Completed.');
  if (done?.type === 'Failed') return failed('Job Failed.');
  return textAt(job, ['status', 'startTime']) ? current('Job in progress.') : inProgress('Job not started.');
}

function hookStatus(object: KubeObject): ObjectStatus {
  if (isJob(object)) return status(object);
  return object.kind === 'Pod' && object.apiVersion === 'v1' ? hookPod(object) : current('Resource is current');
}

/** A Pod that is run once (helm-controller internal/action/pod_status_reader.go). */
function hookPod(pod: KubeObject): ObjectStatus {
  const { name } = pod.metadata;
  switch (textAt(pod, ['status', 'phase'])) {
    case 'Succeeded':
      return current(`pod ${name} succeeded`);
    case 'Failed':
      return failed(`pod ${name} failed`);
    default:
      return inProgress('Pod in progress');
  }
}
