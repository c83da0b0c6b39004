import type { Client } from '../kube/client.ts';
import type { KubeObject } from '../kube/object.ts';
import { mapLimited } from '../lib/async.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { errorMessage } from '../lib/errors.ts';
import { ApplyError } from './apply-error.ts';
import type { Change, ChangeSet } from './change-set.ts';
import { compileIgnoreRules, type IgnoredPaths, type IgnoreRule } from './drift-ignore.ts';
import { type ExecuteContext, execute } from './execute.ts';
import { cleanupPatch, managersToReplace, matchesManager, migrationPatch } from './field-managers.ts';
import { desiredDigest, ownershipFingerprint } from './fingerprint.ts';
import { waitForCurrent } from './health.ts';
import { type Entry, toEntry } from './inventory.ts';
import { status } from './kstatus.ts';
import { type ObjectPolicy, objectPolicy } from './metadata.ts';
import type { ObjectRef } from './object-ref.ts';
import { type Plan, type PlanContext, planObject, type Tidying } from './plan.ts';
import { type PruneOptions, type PruneResult, prune } from './prune.ts';
import { typeResolver } from './resolve-type.ts';
import { byRank } from './sort.ts';
import { isCrd, type Stage, stages } from './stage.ts';
import { StatusWaiter } from './waiter.ts';

/** What the ledger is told when an object is known to be in the cluster as desired. */
export interface LedgerRecord {
  readonly ref: ObjectRef;
  /** {@link desiredDigest} of the object as it was given to the applier. */
  readonly digest: string;
  /** {@link ownershipFingerprint} of the live object; undefined when we own nothing of it. */
  readonly fingerprint: string | undefined;
  readonly live: KubeObject;
}

export interface ApplierOptions {
  readonly client: Client;
  /** `kustomize-controller`, so that a cluster changes hands without a conflict. */
  readonly fieldManager: string;
  /** Prefix of owner labels and of the per-object annotations, for example `kustomize.toolkit.fluxcd.io`. */
  readonly ownerGroup: string;
  /** Further managers whose fields are taken over (`--override-manager`). */
  readonly overrideManagers?: readonly string[];
  /** Requests at a time (`--concurrent-ssa`); 4 when absent. */
  readonly concurrency?: number;
  /** `group/Kind`s with a stage of their own (`--custom-apply-stage-kinds`). */
  readonly customStageKinds?: readonly string[];
  /** The feature gate `MigrateAPIVersion`. */
  readonly migrateApiVersion?: boolean;
  readonly waiter?: StatusWaiter;
  readonly clock?: Clock;
  /** Says of an object that it is in the cluster as desired, so that nothing has to be asked. */
  readonly known?: (object: KubeObject) => 'unchanged' | undefined;
  /** Told of each object that was applied or found unchanged. */
  readonly record?: (record: LedgerRecord) => void;
}

export interface ApplyOptions {
  /** Re-create objects whose immutable fields change. */
  readonly force?: boolean;
  /** Fields that are not corrected when they differ (`spec.ignore`). */
  readonly ignore?: readonly IgnoreRule[];
  /** How long the definitions of a stage may take to be ready; 60 s when absent, as upstream. */
  readonly stageTimeoutMs?: number;
  readonly signal: AbortSignal;
  /**
   * Called before the first write of each stage with what the stage is about to create or change: the moment to
   * persist the inventory. A failure ends the apply.
   */
  readonly beforeStage?: (entries: readonly Entry[]) => Promise<void>;
}

const defaultConcurrency = 4;
const defaultStageTimeoutMs = 60_000;

/** Server-side apply of many objects, and their removal (fluxcd/pkg ssa, ResourceManager), as one identity. */
export class Applier {
  readonly #options: ApplierOptions;
  readonly #policy: ObjectPolicy;
  readonly #clock: Clock;
  readonly #waiter: StatusWaiter;
  readonly #tidyings: readonly Tidying[];

  constructor(options: ApplierOptions) {
    this.#options = options;
    this.#policy = objectPolicy(options.ownerGroup);
    this.#clock = options.clock ?? systemClock;
    this.#waiter = options.waiter ?? new StatusWaiter({ clock: this.#clock });
    this.#tidyings = tidyingsFor(options, this.#policy);
  }

  /**
   * Applies objects (as `prepareObjects` gives them) stage by stage. All of a stage is dry-run first: one invalid
   * object keeps its whole stage, and those after it, out of the cluster. Throws {@link ApplyError} with what was done
   * before, or the reason of the signal when that is aborted.
   */
  async applyAll(objects: readonly KubeObject[], options: ApplyOptions): Promise<ChangeSet> {
    const { customStageKinds } = this.#options;
    const done: Change[] = [];
    const context = this.#planContext(objects, options);
    try {
      for (const stage of stages(objects, customStageKinds === undefined ? {} : { customStageKinds })) {
        await this.#applyStage(stage, context, options, done);
      }
    } catch (error) {
      if (!(error instanceof ApplyError)) throw error;
      throw new ApplyError(error.message, { step: error.step, cause: error.cause, changes: { entries: done } });
    }
    return { entries: done };
  }

  /** Deletes objects that left the source; see {@link prune}. */
  async prune(entries: readonly Entry[], options: PruneOptions): Promise<PruneResult> {
    const { client, ownerGroup, concurrency = defaultConcurrency } = this.#options;
    return prune({ client, ownerGroup, policy: this.#policy, concurrency }, entries, options);
  }

  #planContext(objects: readonly KubeObject[], { force = false, ignore = [], signal }: ApplyOptions): PlanContext {
    const { client, fieldManager, known, overrideManagers } = this.#options;
    const replaced = managersToReplace(fieldManager, overrideManagers);
    return {
      client,
      fieldManager,
      policy: this.#policy,
      tidyings: this.#tidyings,
      resolveType: typeResolver(client, objects, this.#clock),
      force,
      ignored: compileRules(ignore),
      isReplaced: (entry) => replaced.some((manager) => matchesManager(entry, manager)),
      signal,
      known: (object) => known?.(object) === 'unchanged',
    };
  }

  async #applyStage(stage: Stage, context: PlanContext, options: ApplyOptions, done: Change[]): Promise<void> {
    const { concurrency = defaultConcurrency } = this.#options;
    const { signal, stageTimeoutMs = defaultStageTimeoutMs, beforeStage } = options;
    const plans = await mapLimited(stage.objects, concurrency, (object) => planObject(object, context));
    const writes = plans.filter(({ write }) => write !== undefined);
    if (writes.length > 0) await beforeStage?.(writes.map(({ ref }) => toEntry(ref)));
    const changes: (Change | undefined)[] = plans.map(() => undefined);
    try {
      await this.#execute(stage, plans, changes, options);
    } finally {
      done.push(...changes.filter((made) => made !== undefined));
    }
    if (stage.awaited)
      await this.#awaitStage(
        changes.filter((made) => made !== undefined),
        signal,
        stageTimeoutMs,
      );
  }

  /** Kinds in their order, objects of one kind side by side: a webhook is registered when its Service is there. */
  async #execute(
    stage: Stage,
    plans: readonly Plan[],
    changes: (Change | undefined)[],
    { signal, stageTimeoutMs = defaultStageTimeoutMs }: ApplyOptions,
  ): Promise<void> {
    const { client, fieldManager, concurrency = defaultConcurrency } = this.#options;
    const context: ExecuteContext = {
      client,
      fieldManager,
      tidyings: this.#tidyings,
      signal,
      clock: this.#clock,
      goneWithinMs: stageTimeoutMs,
    };
    const indexed = plans.map((plan, index) => ({ plan, index }));
    for (const run of byRank(indexed, ({ index }) => stage.objects[index]?.kind ?? '')) {
      await mapLimited(run, concurrency, async ({ plan, index }) => {
        signal.throwIfAborted();
        const made = await execute(plan, context);
        changes[index] = made;
        this.#recordChange(stage.objects[index], made);
      });
    }
  }

  #recordChange(desired: KubeObject | undefined, { ref, action, live }: Change): void {
    const { record, fieldManager } = this.#options;
    if (record === undefined || desired === undefined || live === undefined || action === 'skipped') return;
    const fingerprint = ownershipFingerprint(live.metadata.managedFields, fieldManager);
    record({ ref, digest: desiredDigest(desired), fingerprint, live });
  }

  async #awaitStage(changes: readonly Change[], signal: AbortSignal, timeoutMs: number): Promise<void> {
    const { client } = this.#options;
    for (const { live, action } of changes) {
      if (live !== undefined && isCrd(live) && action !== 'unchanged') client.discovery.invalidate(crdGroup(live));
    }
    const pending = changes.filter(
      ({ live, action }) => live !== undefined && action !== 'skipped' && status(live).status !== 'Current',
    );
    const refs = pending.map(({ ref }) => ref);
    await waitForCurrent(this.#waiter, client, refs, { timeoutMs, signal, failFast: false, clock: this.#clock });
  }
}

function compileRules(rules: readonly IgnoreRule[]): IgnoredPaths {
  try {
    return compileIgnoreRules(rules);
  } catch (error) {
    throw new ApplyError(errorMessage(error), { step: 'dry-run', cause: error });
  }
}

function crdGroup(crd: KubeObject): string | undefined {
  const spec = crd['spec'] as { readonly group?: string } | undefined;
  return spec?.group;
}

/** What upstream does to the managedFields of a live object before it applies. */
function tidyingsFor(options: ApplierOptions, policy: ObjectPolicy): readonly Tidying[] {
  const { fieldManager, overrideManagers, migrateApiVersion = false } = options;
  const replaced = managersToReplace(fieldManager, overrideManagers);
  const migration: Tidying = {
    failure: 'failed to migrate API version',
    patch: (object, live) => migrationPatch(live, object.apiVersion),
  };
  const cleanup: Tidying = {
    failure: 'metadata.managedFields cleanup failed',
    patch: (object, live) =>
      policy.merged(object) || policy.merged(live) ? [] : cleanupPatch(object, live, fieldManager, replaced),
  };
  return migrateApiVersion ? [migration, cleanup] : [cleanup];
}
