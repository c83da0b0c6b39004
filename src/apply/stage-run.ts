import type { KubeObject, ResourceType } from '../kube/object.ts';
import { mapLimited } from '../lib/async.ts';
import { type Change, change } from './change-set.ts';
import { createOnly, type DirectAnswer, updateAsLeft } from './direct.ts';
import { type ExecuteContext, execute } from './execute.ts';
import { desiredDigest } from './fingerprint.ts';
import { type Entry, toEntry } from './inventory.ts';
import type { LedgerSession, Place } from './ledger/session.ts';
import { formatId, keyOf, type ObjectRef, refOf } from './object-ref.ts';
import { isPassive } from './passive.ts';
import { type Plan, type PlanContext, planObject } from './plan.ts';
import { byRank, kindRank } from './sort.ts';
import type { Stage } from './stage.ts';

/** What the stages of an apply have in common. */
export interface StageEnvironment {
  readonly plan: PlanContext;
  readonly execute: ExecuteContext;
  readonly concurrency: number;
  readonly session?: LedgerSession;
  /** What decides how objects are applied, beside the objects. */
  readonly manner: string;
  /** Dry-run everything before anything is written. */
  readonly cautious: boolean;
  /** The feature gate: an object may have to be put in order even though nobody has touched it. */
  readonly migrateApiVersion: boolean;
  /** Whether the owner's inventory names the object: then it is there, most likely. */
  readonly isInInventory: (ref: ObjectRef) => boolean;
  beforeWrites(entries: readonly Entry[]): Promise<void>;
  /** Deletes objects that were created a moment ago; gives those that are gone. */
  undo(refs: readonly ObjectRef[]): Promise<readonly Entry[]>;
  /** These were announced and have not been written after all, or have been deleted again. */
  undone(entries: readonly Entry[]): void;
}

/** One object of a stage, and what is known of it before anything is asked. */
interface Item {
  readonly index: number;
  readonly desired: KubeObject;
  readonly digest: string;
  readonly ref: ObjectRef;
  /** undefined when the server is not known to serve the kind. */
  readonly type: ResourceType | undefined;
  /** What is to be done, as far as it is settled. */
  readonly plan?: Plan;
}

type TypedItem = Item & { readonly type: ResourceType };

/** How the open objects of a stage are dealt with. */
interface Routes {
  /** Created without a dry run, and deleted again when the stage is refused. */
  readonly creations: readonly TypedItem[];
  /** The first write that cannot be taken back: nothing is lost when it is refused. */
  readonly first: TypedItem | undefined;
  /** Dry-run before anything is written. */
  readonly verified: readonly Item[];
}

/**
 * Applies the objects of a stage, so that one that is refused keeps all of them out of the cluster. What is known to be
 * as desired costs nothing. Of the rest everything is dry-run before the first write, but for what can be taken back
 * (new objects that do nothing by themselves) and for one single write, which goes first (docs/adr/0021). When one of
 * those is refused, what was created is deleted again, and the stage begins anew with dry runs, whose answers tell
 * the user what is wrong. Gives the change of each object in `changes`, by its place in the stage.
 */
export async function runStage(stage: Stage, env: StageEnvironment, changes: (Change | undefined)[]): Promise<void> {
  const items = await mapLimited(stage.objects, env.concurrency, (desired, index) => triage(desired, index, env));
  env.session?.watch(placesOf(items));
  const run = new StageRun(items, env, changes);
  if (await run.go()) return;
  changes.fill(undefined);
  await runStage(stage, { ...env, cautious: true }, changes);
}

/** What can be told of an object without asking the API server. */
async function triage(desired: KubeObject, index: number, env: StageEnvironment): Promise<Item> {
  const { plan: context, session } = env;
  const ref = refOf(desired);
  const digest = desiredDigest(desired, env.manner);
  const type = await context.resolveType(ref, context.signal).catch((): undefined => {
    context.signal.throwIfAborted();
    return undefined;
  });
  const item = { index, desired, digest, ref, type };
  const located = type === undefined || type.namespaced ? ref : { ...ref, namespace: '' };
  if (context.policy.excluded(desired)) return { ...item, plan: { ref: located, action: 'skipped' } };
  if (type === undefined) return item;
  const outcome = session?.recall(type, keyOf(located), digest);
  return outcome === undefined ? item : { ...item, ref: located, plan: { ref: located, action: outcome } };
}

function placesOf(items: readonly Item[]): Place[] {
  const places = new Map<string, Place>();
  for (const { ref, type, plan } of items) {
    if (type === undefined || (plan?.action === 'skipped' && plan.live === undefined)) continue;
    const namespace = type.namespaced ? ref.namespace : '';
    if (type.namespaced && namespace === '') continue;
    places.set(`${type.group}/${type.plural}/${namespace}`, { type, ...(namespace === '' ? {} : { namespace }) });
  }
  return [...places.values()];
}

class StageRun {
  readonly #items: readonly Item[];
  readonly #env: StageEnvironment;
  readonly #changes: (Change | undefined)[];
  readonly #plans = new Map<Item, Plan>();
  #announced: readonly Entry[] = [];
  /** What can still be taken back. */
  #created: TypedItem[] = [];

  constructor(items: readonly Item[], env: StageEnvironment, changes: (Change | undefined)[]) {
    this.#items = items;
    this.#env = env;
    this.#changes = changes;
  }

  /** False when a write without a dry run was refused, and all has been taken back. */
  async go(): Promise<boolean> {
    const { creations, first, verified } = this.#routes();
    for (const item of this.#items) if (item.plan !== undefined) this.#plans.set(item, item.plan);
    await this.#verify(verified);
    await this.#announce([...creations, ...(first === undefined ? [] : [first])]);
    const direct = [...byRank(creations, kindOf), ...(first === undefined ? [] : [[first]])];
    for (const run of direct) {
      if (await this.#write(run)) continue;
      await this.#takeBack();
      return false;
    }
    // Nothing can be taken back once something is written that cannot.
    this.#created = [];
    await this.#execute();
    return true;
  }

  #routes(): Routes {
    const open = this.#items.filter(({ plan }) => plan === undefined);
    if (this.#env.cautious) return { creations: [], first: undefined, verified: open };
    const creations = open.filter(isTyped).filter((item) => this.#isNew(item) && isPassive(item.desired));
    const others = open.filter((item) => !creations.some(({ index }) => index === item.index));
    const [lowest] = others.toSorted((a, b) => kindRank(a.desired.kind) - kindRank(b.desired.kind));
    const first = lowest !== undefined && isTyped(lowest) && this.#mayGoFirst(lowest) ? lowest : undefined;
    return { creations, first, verified: others.filter((item) => item !== first) };
  }

  #mayGoFirst(item: TypedItem): boolean {
    return this.#isNew(item) || (this.#isPlain(item) && this.#isAsLeft(item));
  }

  #isAsLeft({ type, ref }: TypedItem): boolean {
    const { session, migrateApiVersion } = this.#env;
    return !migrateApiVersion && session?.isAsLeft(type, keyOf(ref)) === true;
  }

  /** Whether the object most likely is not in the cluster. */
  #isNew(item: TypedItem): boolean {
    const { session, isInInventory } = this.#env;
    if (!this.#isPlain(item) || this.#env.plan.policy.kept(item.desired) || isInInventory(item.ref)) return false;
    return typeof session?.look(item.type, keyOf(item.ref)) !== 'object';
  }

  /** Whether nothing about the object asks for a look at the live one before it is applied. */
  #isPlain({ desired, type, ref }: TypedItem): boolean {
    const { policy, ignored } = this.#env.plan;
    return (
      type.namespaced === (ref.namespace !== '') &&
      desired.metadata.resourceVersion === undefined &&
      desired.metadata.uid === undefined &&
      !policy.ifNotPresent(desired) &&
      !policy.merged(desired) &&
      ignored(desired).length === 0
    );
  }

  /** Finds out what to do with these; in their order, so that the same input fails with the same error. */
  async #verify(items: readonly Item[]): Promise<void> {
    const { plan: context, concurrency } = this.#env;
    const plans = await mapLimited(items, concurrency, (item) =>
      planObject(item.desired, context, this.#differs(item)),
    );
    for (const [at, item] of items.entries()) this.#plans.set(item, plans[at] as Plan);
  }

  /** Of an object that is as we left it, the dry run alone tells whether applying changes it. */
  #differs(item: Item): ((result: KubeObject) => boolean) | undefined {
    const { session } = this.#env;
    if (session === undefined || !isTyped(item) || !this.#isPlain(item) || !this.#isAsLeft(item)) return undefined;
    return (result) => session.differs(item.type, result);
  }

  /** The inventory has everything before it is created. */
  async #announce(direct: readonly Item[]): Promise<void> {
    const planned = [...this.#plans].filter(([, { write }]) => write !== undefined);
    const refs = new Map<number, ObjectRef>([
      ...direct.map(({ index, ref }): [number, ObjectRef] => [index, ref]),
      ...planned.map(([{ index }, { ref }]): [number, ObjectRef] => [index, ref]),
    ]);
    if (refs.size === 0) return;
    const entries = [...refs].sort(([a], [b]) => a - b).map(([, ref]) => toEntry(ref));
    this.#announced = entries;
    await this.#env.beforeWrites(entries);
  }

  /** Writes without a dry run. False when one was refused. What turns out to exist is verified after all. */
  async #write(items: readonly TypedItem[]): Promise<boolean> {
    const { concurrency, execute: context } = this.#env;
    const answers = await mapLimited(items, concurrency, async (item): Promise<DirectAnswer> => {
      context.signal.throwIfAborted();
      const answer = await this.#direct(item);
      if (typeof answer === 'object') this.#done(item, answer.action, answer.live);
      if (typeof answer === 'object' && answer.action === 'created') this.#created.push(item);
      return answer;
    });
    if (answers.includes('refused')) return false;
    const late = items.filter((_, at) => answers[at] === 'other');
    try {
      await this.#verify(late);
    } catch (error) {
      await this.#takeBack();
      throw error;
    }
    return true;
  }

  async #direct(item: TypedItem): Promise<DirectAnswer> {
    const { session, execute: context } = this.#env;
    const { desired, type, ref } = item;
    const seen = session?.look(type, keyOf(ref));
    if (typeof seen !== 'object') return createOnly(desired, type, context);
    // It may have changed since, or have come into being.
    return this.#isAsLeft(item) ? updateAsLeft(desired, type, seen.resourceVersion, context) : 'other';
  }

  async #takeBack(): Promise<void> {
    const created = this.#created.splice(0);
    for (const { index, type, ref } of created) {
      this.#changes[index] = undefined;
      this.#env.session?.drop(type, keyOf(ref));
    }
    const gone = created.length === 0 ? [] : await this.#env.undo(created.map(({ ref }) => ref));
    const isThere = new Set(created.map(({ ref }) => formatId(ref)));
    for (const { id } of gone) isThere.delete(id);
    this.#env.undone(this.#announced.filter(({ id }) => !isThere.has(id)));
  }

  /** Kinds in their order, objects of one kind side by side: a webhook is registered when its Service is there. */
  async #execute(): Promise<void> {
    const { execute: context, concurrency } = this.#env;
    const planned = [...this.#plans].sort(([a], [b]) => a.index - b.index);
    for (const run of byRank(planned, ([{ desired }]) => desired.kind)) {
      await mapLimited(run, concurrency, async ([item, plan]) => {
        context.signal.throwIfAborted();
        const made = await execute(plan, context);
        this.#changes[item.index] = made;
        if (made.live !== undefined) this.#record(item, made.live, made.action);
      });
    }
  }

  #done(item: TypedItem, action: 'created' | 'configured' | 'unchanged', live: KubeObject): void {
    this.#changes[item.index] = change(refOf(live), action, live);
    this.#record(item, live, action);
  }

  #record({ type, digest }: Item, live: KubeObject, action: Change['action']): void {
    const { session } = this.#env;
    if (type === undefined || session === undefined) return;
    if (action === 'skipped') session.recordSkipped(type, live.metadata, digest);
    else session.record(type, live, digest, action !== 'unchanged');
  }
}

function isTyped(item: Item): item is TypedItem {
  return item.type !== undefined;
}

function kindOf({ desired }: Item): string {
  return desired.kind;
}
