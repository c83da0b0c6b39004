import type { Reason } from '../crds/meta/reasons.ts';
import type { Client } from '../kube/client.ts';
import type { KubeObject, ResourceType } from '../kube/object.ts';
import { type Clock, systemClock, type Timer } from '../lib/clock.ts';
import { jsonEqual } from '../lib/json.ts';
import { redact } from '../lib/redact.ts';
import { findCondition } from './conditions.ts';
import type { EventSink } from './events.ts';
import type { Logger } from './logging.ts';
import type { ConditionChange, EventInput, StatusFacts } from './outcome.ts';
import type { OwnWrites } from './own-writes.ts';
import type { KindPolicy } from './policies.ts';
import { requestedAt } from './predicates.ts';
import { type Status, statusOf, withFacts } from './status.ts';
import { writeStatus } from './status-writer.ts';

/** What a pipeline and a finalizer may do beside their work. */
export interface AttemptContext {
  /** Aborted when the process may not wait for this attempt any longer. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** The status with all that was recorded so far. */
  readonly status: Status;
  /** Somebody asked for this reconcile, by the annotation, and it was not handled yet. */
  readonly requested: boolean;
  /**
   * Says what is being done now: Reconciling=True with this reason and message, and Ready=Unknown unless the kind
   * drafts that itself. No request of its own: it travels with the next write, and is written alone only when the step
   * takes long.
   */
  progress(reason: Reason, message: string): void;
  /** Keeps facts that became true; they are written with the next write, at the latest when the attempt ends. */
  record(facts: StatusFacts, conditions?: readonly ConditionChange[]): void;
  /**
   * Like {@link record}, and written when the promise resolves (one request, none when nothing changed). Throws what
   * the write throws; see {@link writeStatus}.
   */
  commit(facts: StatusFacts, conditions?: readonly ConditionChange[]): Promise<void>;
  /** Tells users what changed. The reason defaults to that of Ready at this moment. */
  event(event: EventInput): void;
  /** Adds metadata to all events of this attempt from here on; keys without the group's prefix. */
  annotateEvents(metadata: Readonly<Record<string, string>>): void;
}

export interface AttemptOptions<T extends KubeObject> {
  readonly client: Client;
  readonly type: ResourceType;
  readonly policy: KindPolicy;
  readonly writes: OwnWrites<T>;
  readonly events: EventSink;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** How long a step may go on before its progress is written on its own. */
  readonly progressDelayMs?: number;
  /** What an earlier attempt at the same object left unwritten; see {@link Attempt.linger}. */
  readonly unwritten?: Unwritten;
}

/** A status that is to be written when nothing else is known at `due`, milliseconds since the epoch. */
export interface Unwritten {
  readonly status: Status;
  readonly due: number;
}

const inProgress: ConditionChange = {
  type: 'Ready',
  status: 'Unknown',
  reason: 'Progressing',
  message: 'Reconciliation in progress',
};
const progressDelayMs = 2000;
const lingerMs = 5000;

/** One attempt at one object: the draft of its status, and the writes and events it makes. */
export class Attempt<T extends KubeObject> implements AttemptContext {
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly requested: boolean;
  /** The object as the server has it after our last write. */
  object: T;
  status: Status;
  eventMetadata: Readonly<Record<string, string>> = {};
  readonly #options: AttemptOptions<T>;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #due = 0;
  /** Writes of one attempt go out one after the other. */
  #writing: Promise<void> = Promise.resolve();

  constructor(object: T, options: AttemptOptions<T>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.object = object;
    this.status = options.unwritten?.status ?? statusOf(object);
    this.signal = options.signal;
    this.log = options.log;
    const asked = requestedAt(object);
    this.requested = asked !== undefined && asked !== this.status.lastHandledReconcileAt;
    if (options.policy.beginsReconciling) this.#begin();
  }

  progress(reason: Reason, message: string): void {
    this.#draft({}, [
      { type: 'Reconciling', status: 'True', reason, message },
      ...(this.#options.policy.draftsReady === true ? [] : [inProgress]),
    ]);
    this.#schedule(this.#options.progressDelayMs ?? progressDelayMs);
  }

  record(facts: StatusFacts, conditions?: readonly ConditionChange[]): void {
    this.#draft(facts, conditions);
  }

  commit(facts: StatusFacts, conditions?: readonly ConditionChange[]): Promise<void> {
    this.#draft(facts, conditions);
    return this.#flush();
  }

  event(event: EventInput): void {
    const ready = findCondition(this.status.conditions ?? [], 'Ready');
    const reason = event.reason ?? (ready?.reason as Reason | undefined);
    this.#options.events.event(this.object, {
      ...event,
      ...(reason === undefined ? {} : { reason }),
      message: redact(event.message),
      metadata: { ...this.eventMetadata, ...event.metadata },
    });
  }

  annotateEvents(metadata: Readonly<Record<string, string>>): void {
    this.eventMetadata = { ...this.eventMetadata, ...metadata };
  }

  /** Ends the attempt with this status. `signal` replaces the attempt's own, which may be aborted by now. */
  async end(status: Status, signal: AbortSignal): Promise<void> {
    this.stop();
    await this.#writing.catch(() => undefined);
    this.status = status;
    await this.#write(signal);
  }

  /**
   * Ends the attempt with a status that is soon replaced, mostly: what was begun is under way. It is written when no
   * attempt has followed until a moment has passed, counted from the first one that left it unwritten.
   */
  linger(status: Status): void {
    this.stop();
    this.status = status;
    const now = this.#clock.now();
    this.#due = this.#options.unwritten?.due ?? now + lingerMs;
    this.#schedule(Math.max(0, this.#due - now));
  }

  /** Ends {@link linger}: when it resolves, nothing is being written any more. */
  async endLingering(): Promise<void> {
    this.stop();
    await this.#writing.catch(() => undefined);
  }

  /** What the next attempt, at `object`, begins with; nothing when all is written, or by somebody else. */
  unwrittenFor(object: T): Unwritten | undefined {
    const isOurs = object.metadata.uid === this.object.metadata.uid;
    const written = statusOf(object);
    if (!isOurs || !jsonEqual(written, statusOf(this.object)) || jsonEqual(written, this.status)) return undefined;
    return { status: this.status, due: this.#due };
  }

  /** Writes nothing more on its own. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /**
   * Sources begin each attempt by saying so (source-controller, GitRepositoryReconciler.reconcile). Ready stays what
   * it was where it is True, because a look that finds nothing new shall write nothing.
   */
  #begin(): void {
    const { generation = 0 } = this.object.metadata;
    const observed = this.status.observedGeneration ?? 0;
    const message =
      generation === observed
        ? 'reconciliation in progress'
        : `processing object: new generation ${observed} -> ${generation}`;
    this.#draft({}, [{ type: 'Reconciling', status: 'True', reason: 'Progressing', message }]);
  }

  #draft(facts: StatusFacts, conditions: readonly ConditionChange[] | undefined): void {
    const { generation = 0 } = this.object.metadata;
    this.status = withFacts(this.status, facts, conditions, generation, this.#clock.now());
  }

  #schedule(delayMs: number): void {
    this.#timer ??= this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#flush().catch((error: unknown) => this.log.debug({ error }, 'Progress could not be written'));
    }, delayMs);
  }

  #flush(): Promise<void> {
    this.stop();
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write(this.signal));
    return this.#writing;
  }

  async #write(signal: AbortSignal): Promise<void> {
    const { client, type, policy, writes } = this.#options;
    const written = statusOf(this.object);
    const guarded = policy.guardedFields.some((field) => !jsonEqual(written[field], this.status[field]));
    const options = { fieldManager: policy.fieldManager, signal, guarded };
    const before = this.object;
    const after = await writeStatus(client, type, before, this.status, options);
    if (after === before) return;
    this.object = after;
    writes.record(after);
  }
}
