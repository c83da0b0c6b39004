import type { ConditionType } from '../crds/meta/condition.ts';
import type { Reason } from '../crds/meta/reasons.ts';

/** Facts for the status, by top-level field. A field that is undefined is removed. */
export type StatusFacts = Readonly<Record<string, unknown>>;

/** One condition to set (or, without a status, to remove). Times and generations are filled in by the runtime. */
export type ConditionChange =
  | {
      readonly type: ConditionType;
      readonly status: 'True' | 'False' | 'Unknown';
      readonly reason: Reason;
      readonly message: string;
    }
  | { readonly type: ConditionType; readonly status: 'absent' };

/** An event as a step knows it; the recorder adds the object, the controller and the times. */
export interface EventInput {
  /** `info` and `error` go to Kubernetes and to the event endpoint, `trace` to Kubernetes alone. Default `info`. */
  readonly severity?: 'trace' | 'info' | 'error';
  /** `endpoint`: nothing that the cluster's Events do not say already; only the event endpoint is told. */
  readonly audience?: 'endpoint';
  /** Default: the reason that Ready has at this moment, as Flux's kustomize-controller does it. */
  readonly reason?: Reason;
  readonly message: string;
  /** Keys without the group's prefix, for example `revision`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** More metadata, with keys as they are. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** How a pipeline ends that did not fail. */
export interface Outcome {
  /**
   * `ready`: all done. `progressing`: everything that can be done now is done, and something in the cluster must
   * become so (objects healthy, objects gone) without a worker being held; Ready stays Unknown, and the object is
   * looked at again when woken, or after `requeueAfterMs`.
   */
  readonly state: 'ready' | 'progressing';
  /** Ready's reason; default the kind's. Kinds with a summary take it from their other conditions. */
  readonly reason?: Reason;
  /** Ready's message. Kinds with a summary take it from their other conditions. */
  readonly message?: string;
  readonly status?: StatusFacts;
  readonly conditions?: readonly ConditionChange[];
  readonly events?: readonly EventInput[];
  /** Replaces the kind's (jittered) interval. */
  readonly requeueAfterMs?: number;
  /** When the work that is done now was begun, if that was by an earlier attempt; milliseconds since the epoch. */
  readonly startedAt?: number;
}
