import type { KubeObject } from '../kube/object.ts';
import { conditionsOf, current, failed, inProgress, integerAt, type ObjectStatus, textAt } from './kstatus-fields.ts';

/** `progressDeadlineSeconds` of this value switches the Progressing condition off (math.MaxInt32). */
const noDeadline = 2 ** 31 - 1;

/** A field of spec or status that counts something. */
function counts(object: KubeObject): { spec(field: string, otherwise: number): number; status(field: string): number } {
  return {
    spec: (field, otherwise) => integerAt(object, ['spec', field]) ?? otherwise,
    status: (field) => integerAt(object, ['status', field]) ?? 0,
  };
}

/** The first of these that lacks something: `[have, want, label]`. */
function lacking(checks: readonly (readonly [have: number, want: number, label: string])[]): ObjectStatus | undefined {
  const found = checks.find(([have, want]) => want > have);
  return found === undefined ? undefined : inProgress(`${found[2]}: ${found[0]}/${found[1]}`);
}

function extraPods(have: number, want: number): ObjectStatus | undefined {
  return have > want ? inProgress(`Pending termination: ${have - want}`) : undefined;
}

/** cli-utils pkg/kstatus/status/core.go, deploymentConditions. */
export function deploymentStatus(deployment: KubeObject): ObjectStatus {
  const { spec, status } = counts(deployment);
  const conditions = conditionsOf(deployment);
  const progress = conditions.filter(({ type }) => type === 'Progressing');
  if (progress.some(({ reason }) => reason === 'ProgressDeadlineExceeded')) return failed('Progress deadline exceeded');
  const progressed =
    spec('progressDeadlineSeconds', noDeadline) === noDeadline ||
    progress.some((condition) => condition.status === 'True' && condition.reason === 'NewReplicaSetAvailable');
  const available = conditions.some((condition) => condition.type === 'Available' && condition.status === 'True');
  const wanted = spec('replicas', 1);
  const replicas = status('replicas');
  const updated = status('updatedReplicas');
  return (
    lacking([
      [replicas, wanted, 'Replicas'],
      [updated, wanted, 'Updated'],
    ]) ??
    extraPods(replicas, wanted) ??
    lacking([
      [status('availableReplicas'), updated, 'Available'],
      [status('readyReplicas'), wanted, 'Ready'],
    ]) ??
    (progressed ? undefined : inProgress('ReplicaSet not Available')) ??
    (available ? undefined : inProgress('Deployment not Available')) ??
    current(`Deployment is available. Replicas: ${replicas}`)
  );
}

/** cli-utils pkg/kstatus/status/core.go, replicasetConditions. */
export function replicaSetStatus(replicaSet: KubeObject): ObjectStatus {
  const failure = conditionsOf(replicaSet).some(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (failure) return inProgress('Replica Failure condition. Check Pods');
  const { spec, status } = counts(replicaSet);
  const wanted = spec('replicas', 1);
  const replicas = status('replicas');
  return (
    lacking([
      [status('fullyLabeledReplicas'), wanted, 'Labelled'],
      [status('availableReplicas'), wanted, 'Available'],
      [status('readyReplicas'), wanted, 'Ready'],
    ]) ??
    extraPods(replicas, wanted) ??
    current(`ReplicaSet is available. Replicas: ${replicas}`)
  );
}

/** cli-utils pkg/kstatus/status/core.go, stsConditions. */
export function statefulSetStatus(statefulSet: KubeObject): ObjectStatus {
  if (textAt(statefulSet, ['spec', 'updateStrategy', 'type']) === 'OnDelete') {
    return current('StatefulSet is using the ondelete update strategy');
  }
  const { spec, status } = counts(statefulSet);
  const wanted = spec('replicas', 1);
  const replicas = status('replicas');
  const updated = status('updatedReplicas');
  const partition = integerAt(statefulSet, ['spec', 'updateStrategy', 'rollingUpdate', 'partition']) ?? -1;
  const scaling =
    lacking([
      [replicas, wanted, 'Replicas'],
      [status('readyReplicas'), wanted, 'Ready'],
    ]) ?? extraPods(replicas, wanted);
  if (scaling !== undefined) return scaling;
  if (partition !== -1) {
    return (
      lacking([[updated, wanted - partition, 'updated']]) ?? current(`Partition rollout complete. updated: ${updated}`)
    );
  }
  const behind = lacking([[status('currentReplicas'), wanted, 'current']]);
  if (behind !== undefined) return behind;
  const revision = (field: string): string => textAt(statefulSet, ['status', field]) ?? '';
  if (revision('currentRevision') !== revision('updateRevision')) {
    return inProgress('Waiting for updated revision to match current');
  }
  return current(`All replicas scheduled as expected. Replicas: ${replicas}`);
}

/** cli-utils pkg/kstatus/status/core.go, daemonsetConditions. */
export function daemonSetStatus(daemonSet: KubeObject): ObjectStatus {
  for (const path of [
    ['metadata', 'generation'],
    ['status', 'observedGeneration'],
  ]) {
    if (integerAt(daemonSet, path) === undefined) return inProgress(`${daemonSet.kind} ${path.join('.')} not found`);
  }
  const wanted = integerAt(daemonSet, ['status', 'desiredNumberScheduled']);
  if (wanted === undefined) return inProgress('Missing .status.desiredNumberScheduled');
  const { status } = counts(daemonSet);
  return (
    lacking([
      [status('currentNumberScheduled'), wanted, 'Current'],
      [status('updatedNumberScheduled'), wanted, 'Updated'],
      [status('numberAvailable'), wanted, 'Available'],
      [status('numberReady'), wanted, 'Ready'],
    ]) ?? current(`All replicas scheduled as expected. Replicas: ${wanted}`)
  );
}
