import type { ConditionType } from '../crds/meta/condition.ts';
import {
  FINALIZER,
  KUSTOMIZE_STATUS_MANAGER,
  NOTIFICATION_FIELD_MANAGER,
  SOURCE_FIELD_MANAGER,
} from '../crds/meta/names.ts';
import type { Reason } from '../crds/meta/reasons.ts';
import type { SummaryRule } from './conditions.ts';

/** How a kind's outcomes and faults become conditions, events and requeues. Data; {@link settle} reads it. */
export interface KindPolicy {
  /** Field manager of the finalizer and of the status. */
  readonly fieldManager: string;
  readonly finalizer: string;
  /** After a `retry` fault: `spec.retryInterval` (or the interval), or the queue's exponential backoff. */
  readonly retry: 'interval' | 'backoff';
  /** Ready's reason after success; a summary takes its own. */
  readonly readyReason: Reason;
  /** Ready's reason when something was thrown that no step understood. */
  readonly unexpectedReason: Reason;
  /** Ready follows from the other conditions by this rule, instead of being set. */
  readonly summary?: SummaryRule;
  /**
   * The pipeline sets Ready, Reconciling and Stalled itself, in what it records: success changes none of them, and
   * failures neither where they are `drafted`. Suspension has observed every generation.
   */
  readonly draftsReady?: true;
  /** Each attempt begins with Reconciling=True, so that also a failure before the first step shows it. */
  readonly beginsReconciling: boolean;
  /**
   * Events of `waiting` faults: for these reasons an info event with this text and the delay is recorded, for the
   * others none; `trace` records each with its own message, for Kubernetes only.
   */
  readonly waitingEvents: Readonly<Partial<Record<Reason, string>>> | 'trace';
  /** Reasons of `stalled` faults that leave `status.observedGeneration` where it was. */
  readonly unobservedReasons: readonly Reason[];
  /** Success is told by an event of the runtime's ("Reconciliation finished in ...") when a reader can see a change. */
  readonly successEvent: boolean;
  /** Writes that change one of these status fields are refused when another writer changed the status meanwhile. */
  readonly guardedFields: readonly string[];
  /** Status fields whose change makes a success worth an event, beside conditions and generation. */
  readonly notableFields: readonly string[];
}

/** kustomize-controller, internal/controller/kustomization_controller.go. */
export const kustomizationPolicy: KindPolicy = {
  fieldManager: KUSTOMIZE_STATUS_MANAGER,
  finalizer: FINALIZER,
  retry: 'interval',
  readyReason: 'ReconciliationSucceeded',
  unexpectedReason: 'ReconciliationFailed',
  beginsReconciling: false,
  waitingEvents: { DependencyNotReady: 'Dependencies do not meet ready condition' },
  unobservedReasons: ['AccessDenied', 'FeatureGateDisabled'],
  successEvent: true,
  guardedFields: ['inventory'],
  notableFields: ['lastAppliedRevision', 'lastAppliedOriginRevision', 'inventory'],
};

function sourcePolicy(order: readonly ConditionType[], bipolar: readonly ConditionType[] = []): KindPolicy {
  const positive: readonly string[] = ['ArtifactInStorage', 'SourceVerified'];
  const all = [...order, 'Stalled', 'Reconciling'];
  return {
    fieldManager: SOURCE_FIELD_MANAGER,
    finalizer: FINALIZER,
    retry: 'backoff',
    readyReason: 'Succeeded',
    unexpectedReason: 'Failed',
    summary: { order: all, negative: all.filter((type) => !positive.includes(type)), bipolar },
    beginsReconciling: true,
    waitingEvents: 'trace',
    unobservedReasons: [],
    successEvent: false,
    guardedFields: [],
    notableFields: [],
  };
}

/** source-controller, internal/controller/gitrepository_controller.go (gitRepositoryReadyCondition). */
export const gitRepositoryPolicy: KindPolicy = sourcePolicy(
  [
    'StorageOperationFailed',
    'FetchFailed',
    'IncludeUnavailable',
    'ArtifactOutdated',
    'ArtifactInStorage',
    'SourceVerified',
  ],
  ['SourceVerified'],
);

/** source-controller, internal/controller/ocirepository_controller.go (ociRepositoryReadyCondition). */
export const ociRepositoryPolicy: KindPolicy = sourcePolicy(
  ['StorageOperationFailed', 'FetchFailed', 'ArtifactOutdated', 'ArtifactInStorage', 'SourceVerified'],
  ['SourceVerified'],
);

/** source-controller, internal/controller/helmrepository_controller.go (helmRepositoryReadyCondition). */
export const helmRepositoryPolicy: KindPolicy = sourcePolicy([
  'StorageOperationFailed',
  'FetchFailed',
  'ArtifactOutdated',
  'ArtifactInStorage',
]);

/** source-controller, internal/controller/helmchart_controller.go (helmChartReadyCondition). */
export const helmChartPolicy: KindPolicy = sourcePolicy(
  ['StorageOperationFailed', 'FetchFailed', 'BuildFailed', 'ArtifactOutdated', 'ArtifactInStorage', 'SourceVerified'],
  ['SourceVerified'],
);

/** notification-controller, internal/controller/receiver_controller.go. */
export const receiverPolicy: KindPolicy = {
  fieldManager: NOTIFICATION_FIELD_MANAGER,
  finalizer: FINALIZER,
  retry: 'backoff',
  readyReason: 'Succeeded',
  unexpectedReason: 'Failed',
  beginsReconciling: false,
  waitingEvents: {},
  unobservedReasons: [],
  successEvent: false,
  guardedFields: [],
  notableFields: [],
};
