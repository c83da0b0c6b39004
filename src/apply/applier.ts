import type { Owner } from '../crds/meta/names.ts';
import type { Client } from '../kube/client.ts';
import type { KubeObject } from '../kube/object.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { errorMessage } from '../lib/errors.ts';
import { ApplyError } from './apply-error.ts';
import type { Change, ChangeSet } from './change-set.ts';
import { compileIgnoreRules, type IgnoredPaths, type IgnoreRule } from './drift-ignore.ts';
import { cleanupPatch, isTakenOver, managersToReplace, migrationPatch } from './field-managers.ts';
import { waitForCurrent } from './health.ts';
import { type Entry, toEntry } from './inventory.ts';
import { status } from './kstatus.ts';
import type { LedgerSession } from './ledger/session.ts';
import { type ObjectPolicy, objectPolicy } from './metadata.ts';
import { formatId, type ObjectRef } from './object-ref.ts';
import type { PlanContext, Tidying } from './plan.ts';
import { type PruneOptions, type PruneResult, prune } from './prune.ts';
import { typeResolver } from './resolve-type.ts';
import { isCrd, type Stage, stages } from './stage.ts';
import { runStage, type StageEnvironment } from './stage-run.ts';
import { StatusWaiter } from './waiter.ts';

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
  /** What is known of the owner's objects. */
  readonly session?: LedgerSession;
}

export interface ApplyOptions {
  /** Re-create objects whose immutable fields change. */
  readonly force?: boolean;
  /** Fields that are not corrected when they differ (`spec.ignore`). */
  readonly ignore?: readonly IgnoreRule[];
  /** How long the definitions of a stage may take to be ready; 60 s when absent, as upstream. */
  readonly stageTimeoutMs?: number;
  readonly signal: AbortSignal;
  /** Lets objects be written without a dry run where that is safe; when absent, none is. */
  readonly direct?: DirectWrites;
  /**
   * Called before the first write of each stage with what the stage is about to create or change: the moment to
   * persist the inventory. A failure ends the apply.
   */
  readonly beforeStage?: (entries: readonly Entry[]) => Promise<void>;
}

/** What has to be known before anything is written without a dry run. */
export interface DirectWrites {
  readonly owner: Owner;
  /** What the owner has applied before: those objects are there, most likely. */
  readonly inventory: readonly Entry[];
  /** These were announced to be written, and are not in the cluster because of it: an object of their stage was refused. */
  undone(entries: readonly Entry[]): void;
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
   * Applies objects (as `prepareObjects` gives them) stage by stage. One invalid object keeps its whole stage, and those
   * after it, out of the cluster ({@link runStage}). Throws {@link ApplyError} with what was done
   * before, or the reason of the signal when that is aborted.
   */
  async applyAll(objects: readonly KubeObject[], options: ApplyOptions): Promise<ChangeSet> {
    const { customStageKinds } = this.#options;
    const done: Change[] = [];
    const environment = this.#environment(objects, options);
    try {
      for (const stage of stages(objects, customStageKinds === undefined ? {} : { customStageKinds })) {
        await this.#applyStage(stage, environment, options, done);
      }
    } catch (error) {
      if (!(error instanceof ApplyError)) throw error;
      throw new ApplyError(error.message, { step: error.step, cause: error.cause, changes: { entries: done } });
    }
    const { session } = this.#options;
    if (session === undefined) return { entries: done };
    const known = done.every((made) => isExempt(made) || session.outcomeOf(formatId(made.ref)) !== undefined);
    return { entries: done, known };
  }

  /** Deletes objects that left the source; see {@link prune}. */
  async prune(entries: readonly Entry[], options: PruneOptions): Promise<PruneResult> {
    const { client, ownerGroup, session, concurrency = defaultConcurrency } = this.#options;
    const context = { client, ownerGroup, policy: this.#policy, concurrency };
    return prune(session === undefined ? context : { ...context, session }, entries, options);
  }

  #planContext(objects: readonly KubeObject[], { force = false, ignore = [], signal }: ApplyOptions): PlanContext {
    const { client, fieldManager, overrideManagers } = this.#options;
    const replaced = managersToReplace(fieldManager, overrideManagers);
    return {
      client,
      fieldManager,
      policy: this.#policy,
      tidyings: this.#tidyings,
      resolveType: typeResolver(client, objects, this.#clock),
      force,
      ignored: compileRules(ignore),
      isReplaced: (entry) => isTakenOver(entry, replaced),
      signal,
    };
  }

  #environment(objects: readonly KubeObject[], options: ApplyOptions): StageEnvironment {
    const {
      client,
      fieldManager,
      session,
      concurrency = defaultConcurrency,
      migrateApiVersion = false,
    } = this.#options;
    const { signal, direct, ignore = [], stageTimeoutMs = defaultStageTimeoutMs } = options;
    const known = new Set(direct?.inventory.map(({ id }) => id));
    return {
      plan: this.#planContext(objects, options),
      execute: {
        client,
        fieldManager,
        tidyings: this.#tidyings,
        signal,
        clock: this.#clock,
        goneWithinMs: stageTimeoutMs,
      },
      concurrency,
      ...(session === undefined ? {} : { session }),
      manner: JSON.stringify(ignore),
      cautious: direct === undefined,
      migrateApiVersion,
      isInInventory: (ref) => known.has(formatId(ref)),
      beforeWrites: async (entries) => options.beforeStage?.(entries),
      undo: (refs) => this.#undo(refs, options),
      undone: (entries) => direct?.undone(entries),
    };
  }

  async #undo(refs: readonly ObjectRef[], { direct, signal }: ApplyOptions): Promise<readonly Entry[]> {
    if (direct === undefined) return [];
    const { changes } = await this.prune(refs.map(toEntry), { owner: direct.owner, signal });
    return changes.filter(({ action }) => action === 'deleted').map(({ ref }) => toEntry(ref));
  }

  async #applyStage(
    stage: Stage,
    environment: StageEnvironment,
    { signal, stageTimeoutMs = defaultStageTimeoutMs }: ApplyOptions,
    done: Change[],
  ): Promise<void> {
    const changes: (Change | undefined)[] = stage.objects.map(() => undefined);
    try {
      await runStage(stage, environment, changes);
    } finally {
      done.push(...changes.filter((made) => made !== undefined));
    }
    const made = changes.filter((entry) => entry !== undefined);
    if (stage.awaited) await this.#awaitStage(made, signal, stageTimeoutMs);
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

/** Not to be applied, by what its manifest says. */
function isExempt({ action, live }: Change): boolean {
  return action === 'skipped' && live === undefined;
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
