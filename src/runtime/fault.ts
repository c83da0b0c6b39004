import type { ConditionType } from '../crds/meta/condition.ts';
import type { Reason } from '../crds/meta/reasons.ts';

/**
 * How a failed attempt goes on:
 * - `stalled`: only a change by the user helps; nothing is requeued.
 * - `waiting`: something else must happen first; looked at again after the kind's dependency interval, or when woken.
 * - `retry`: may work next time; the kind's retry interval or backoff.
 * - `aborted`: superseded or shutting down.
 */
export type FaultClass = 'stalled' | 'waiting' | 'retry' | 'aborted';

export interface FaultOptions {
  readonly cause?: unknown;
  /** Overrides the kind's policy for this one attempt. */
  readonly retryAfterMs?: number;
  /** Retry with the queue's exponential backoff, also where the kind's policy is a fixed interval. */
  readonly backoff?: true;
  /** Metadata for the event, beside what the kind always adds; keys without the group's prefix. */
  readonly eventMetadata?: Readonly<Record<string, string>>;
  /** Says the event's message where it differs from the condition's; `false`: no event. */
  readonly event?: string | false;
  /**
   * The condition of negative polarity that carries this failure beside Ready, for kinds whose Ready is a summary
   * (sources: FetchFailed, StorageOperationFailed, IncludeUnavailable, ...).
   */
  readonly condition?: ConditionType;
  /** The attempt has recorded all conditions, Ready included; only for kinds that draft them. */
  readonly drafted?: true;
}

/** A failure that a step understands. Anything else that is thrown is a bug: logged with its stack and retried. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly faultClass: FaultClass;
  readonly reason: Reason;
  readonly options: FaultOptions;

  constructor(faultClass: FaultClass, reason: Reason, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.faultClass = faultClass;
    this.reason = reason;
    this.options = options;
  }
}
