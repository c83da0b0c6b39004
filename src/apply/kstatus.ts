import type { KubeObject } from '../kube/object.ts';
import {
  type Condition,
  conditionsOf,
  current,
  failed,
  inProgress,
  integerAt,
  type ObjectStatus,
  textAt,
  UnreadableStatusError,
} from './kstatus-fields.ts';
import { podStatus } from './kstatus-pod.ts';
import { daemonSetStatus, deploymentStatus, replicaSetStatus, statefulSetStatus } from './kstatus-workloads.ts';
import { splitApiVersion } from './object-ref.ts';

/** How far along an object is, computed from the object alone. */
export type StatusFunction = (object: KubeObject, now: number) => ObjectStatus;

/** What is known to each kind of Kubernetes' own (cli-utils pkg/kstatus/status/core.go, legacyTypes). */
const byKind: ReadonlyMap<string, StatusFunction> = new Map<string, StatusFunction>([
  ['/Service', serviceStatus],
  ['/Pod', podStatus],
  ['/Secret', alwaysReady],
  ['/ConfigMap', alwaysReady],
  ['/PersistentVolumeClaim', claimStatus],
  ['apps/StatefulSet', statefulSetStatus],
  ['apps/DaemonSet', daemonSetStatus],
  ['extensions/DaemonSet', daemonSetStatus],
  ['apps/Deployment', deploymentStatus],
  ['extensions/Deployment', deploymentStatus],
  ['apps/ReplicaSet', replicaSetStatus],
  ['extensions/ReplicaSet', replicaSetStatus],
  ['policy/PodDisruptionBudget', () => current('AllowedDisruptions has been computed.')],
  ['batch/CronJob', alwaysReady],
  ['apiextensions.k8s.io/CustomResourceDefinition', crdStatus],
]);

/**
 * The status of an object as kstatus computes it (fluxcd/cli-utils v1.2 pkg/kstatus/status, Compute), with Flux's own
 * rule for Jobs (fluxcd/pkg runtime/statusreaders: current only when complete or suspended). `now` in milliseconds
 * decides when a Pod counts as unschedulable. What cannot be read is Unknown.
 */
export function status(object: KubeObject, now: number = Date.now()): ObjectStatus {
  const { group } = splitApiVersion(object.apiVersion);
  try {
    if (group === 'batch' && object.kind === 'Job') return jobStatus(object);
    const special = byKind.get(`${group}/${object.kind}`);
    return genericStatus(object) ?? special?.(object, now) ?? readyStatus(object) ?? current('Resource is current');
  } catch (error) {
    if (error instanceof UnreadableStatusError) return { status: 'Unknown', message: error.message };
    throw error;
  }
}

/** Deletion, generations, and the standard conditions (generic.go, checkGenericProperties). */
function genericStatus(object: KubeObject): ObjectStatus | undefined {
  if (object.metadata.deletionTimestamp) return { status: 'Terminating', message: 'Resource scheduled for deletion' };
  const generation = integerAt(object, ['metadata', 'generation']);
  const observed = generation === undefined ? undefined : integerAt(object, ['status', 'observedGeneration']);
  if (observed !== undefined && observed !== generation) {
    return inProgress(`${object.kind} generation is ${generation}, but latest observed generation is ${observed}`);
  }
  const found = conditionsOf(object).find(
    ({ type, status: value }) => (type === 'Reconciling' || type === 'Stalled') && value === 'True',
  );
  if (found === undefined) return undefined;
  return found.type === 'Stalled' ? failed(found.message) : inProgress(found.message);
}

/** A Ready condition that nothing else was said about (status.go, checkReadyCondition). */
function readyStatus(object: KubeObject): ObjectStatus | undefined {
  const ready = conditionsOf(object).find(
    ({ type, status: value }) => type === 'Ready' && (value === 'True' || value === 'False' || value === 'Unknown'),
  );
  if (ready === undefined) return undefined;
  return ready.status === 'True' ? current('Resource is Ready') : inProgress(ready.message);
}

function alwaysReady(): ObjectStatus {
  return current('Resource is always ready');
}

function serviceStatus(object: KubeObject): ObjectStatus {
  const waits = textAt(object, ['spec', 'type']) === 'LoadBalancer' && !textAt(object, ['spec', 'clusterIP']);
  return waits ? inProgress('ClusterIP not set. Service type: LoadBalancer') : current('Service is ready');
}

function claimStatus(object: KubeObject): ObjectStatus {
  const phase = textAt(object, ['status', 'phase']) ?? 'unknown';
  return phase === 'Bound' ? current('PVC is Bound') : inProgress(`PVC is not Bound. phase: ${phase}`);
}

/** fluxcd/pkg runtime/statusreaders/job.go: no generic checks, and a running Job is not current. */
function jobStatus(object: KubeObject): ObjectStatus {
  const spec = (field: string): number | undefined => integerAt(object, ['spec', field]);
  const count = (field: string): number => integerAt(object, ['status', field]) ?? 0;
  if ((object['spec'] as { readonly suspend?: unknown } | undefined)?.suspend === true)
    return current('Job is suspended');
  const parallelism = spec('parallelism') ?? 1;
  const completions = spec('completions') ?? parallelism;
  const done = conditionsOf(object).find(
    ({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True',
  );
  if (done?.type === 'Complete') return current(`Job Completed. succeeded: ${count('succeeded')}/${completions}`);
  if (done?.type === 'Failed') return failed(`Job Failed. failed: ${count('failed')}/${completions}`);
  if (!textAt(object, ['status', 'startTime'])) return inProgress(`Job not started. active: 0/${parallelism}`);
  return inProgress(
    `Job in progress. success:${count('succeeded')}, active: ${count('active')}, failed: ${count('failed')}`,
  );
}

function crdStatus(object: KubeObject): ObjectStatus {
  for (const condition of conditionsOf(object)) {
    const verdict = crdVerdict(condition);
    if (verdict !== undefined) return verdict;
  }
  return inProgress('Install in progress');
}

function crdVerdict({ type, status: value, reason, message }: Condition): ObjectStatus | undefined {
  if (type === 'NamesAccepted' && value === 'False') return failed(message);
  if (type !== 'Established') return undefined;
  if (value === 'True') return current('CRD is established');
  return value === 'False' && reason !== 'Installing' ? failed(message) : undefined;
}
