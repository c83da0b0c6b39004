import { conditionsOf, integerAt, textAt, valueAt } from '../../../apply/kstatus-fields.ts';
import { splitApiVersion } from '../../../apply/object-ref.ts';
import type { KubeObject } from '../../../kube/object.ts';

type Check = (object: KubeObject) => boolean;

const checks: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['/Pod', (pod) => isTrue(pod, 'Ready')],
  ['/Service', serviceReady],
  ['/PersistentVolumeClaim', (claim) => textAt(claim, ['status', 'phase']) === 'Bound'],
  ['/ReplicationController', replicasReady],
  ['apps/ReplicaSet', replicasReady],
  ['apps/Deployment', deploymentReady],
  ['apps/DaemonSet', daemonSetReady],
  ['apps/StatefulSet', statefulSetReady],
  ['batch/Job', jobReady],
  ['apiextensions.k8s.io/CustomResourceDefinition', (crd) => isTrue(crd, 'Established')],
]);

/**
 * Whether an object is ready by the rules of Helm 3 (pkg/kube/ready.go), which look at fewer kinds than kstatus and are
 * content with what an update strategy lets be unavailable. Helm counts the ready Pods of a Deployment's newest
 * ReplicaSet; here they follow from the Deployment's own status, by the lower bound: all ready Pods less all old ones.
 * So nothing is ready that is not so for Helm, and it is later only as long as old Pods that are not ready are there.
 */
export function isReadyForHelm3(object: KubeObject): boolean {
  const { group } = splitApiVersion(object.apiVersion);
  return checks.get(`${group}/${object.kind}`)?.(object) ?? true;
}

/** Whether a Job has used up its attempts. */
export function hasJobFailed(job: KubeObject): boolean {
  return count(job, 'failed') > (integerAt(job, ['spec', 'backoffLimit']) ?? 6);
}

function jobReady(job: KubeObject): boolean {
  const completions = integerAt(job, ['spec', 'completions']);
  return !hasJobFailed(job) && (completions === undefined || count(job, 'succeeded') >= completions);
}

function isTrue(object: KubeObject, type: string): boolean {
  return conditionsOf(object).some((condition) => condition.type === type && condition.status === 'True');
}

function count(object: KubeObject, field: string): number {
  return integerAt(object, ['status', field]) ?? 0;
}

function isObserved(object: KubeObject): boolean {
  return count(object, 'observedGeneration') === (object.metadata.generation ?? 0);
}

function serviceReady(service: KubeObject): boolean {
  const type = textAt(service, ['spec', 'type']);
  if (type === 'ExternalName') return true;
  if (!textAt(service, ['spec', 'clusterIP'])) return false;
  if (type !== 'LoadBalancer') return true;
  const external = valueAt(service, ['spec', 'externalIPs']);
  if (Array.isArray(external) && external.length > 0) return true;
  return Array.isArray(valueAt(service, ['status', 'loadBalancer', 'ingress']));
}

function wanted(object: KubeObject): number {
  return integerAt(object, ['spec', 'replicas']) ?? 1;
}

function replicasReady(object: KubeObject): boolean {
  return isObserved(object) && count(object, 'readyReplicas') >= wanted(object);
}

function deploymentReady(deployment: KubeObject): boolean {
  const replicas = wanted(deployment);
  const old = Math.max(0, count(deployment, 'replicas') - count(deployment, 'updatedReplicas'));
  const ready = Math.min(count(deployment, 'updatedReplicas'), count(deployment, 'readyReplicas') - old);
  return isObserved(deployment) && ready >= replicas - maxUnavailable(deployment, replicas);
}

/** k8s.io/kubectl pkg/util/deployment, MaxUnavailable. */
function maxUnavailable(deployment: KubeObject, replicas: number): number {
  const strategy = ['spec', 'strategy'];
  if (textAt(deployment, [...strategy, 'type']) !== 'RollingUpdate' || replicas === 0) return 0;
  const surge = scaled(valueAt(deployment, [...strategy, 'rollingUpdate', 'maxSurge']), replicas, Math.ceil);
  const some = scaled(valueAt(deployment, [...strategy, 'rollingUpdate', 'maxUnavailable']), replicas, Math.floor);
  return surge === 0 && some === 0 ? 1 : Math.min(some, replicas);
}

/** A number, or a share of `total` as `25%`. */
function scaled(value: unknown, total: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = typeof value === 'string' ? /^(\d+)%$/.exec(value)?.[1] : undefined;
  return percent === undefined ? 0 : round((Number(percent) * total) / 100);
}

function daemonSetReady(set: KubeObject): boolean {
  if (!isObserved(set)) return false;
  if (textAt(set, ['spec', 'updateStrategy', 'type']) !== 'RollingUpdate') return true;
  const desired = count(set, 'desiredNumberScheduled');
  const limit = valueAt(set, ['spec', 'updateStrategy', 'rollingUpdate', 'maxUnavailable']);
  const ready = count(set, 'numberReady') >= desired - scaled(limit, desired, Math.ceil);
  return count(set, 'updatedNumberScheduled') === desired && ready;
}

function statefulSetReady(set: KubeObject): boolean {
  if (!isObserved(set)) return false;
  if (textAt(set, ['spec', 'updateStrategy', 'type']) !== 'RollingUpdate') return true;
  const partition = integerAt(set, ['spec', 'updateStrategy', 'rollingUpdate', 'partition']) ?? 0;
  const replicas = wanted(set);
  if (count(set, 'updatedReplicas') < replicas - partition || count(set, 'readyReplicas') !== replicas) return false;
  return partition > 0 || textAt(set, ['status', 'currentRevision']) === textAt(set, ['status', 'updateRevision']);
}
