import { Applier } from '../../src/apply/applier.ts';
import { changeLog, hasChanged } from '../../src/apply/change-set.ts';
import { isTakenOver, managersToReplace } from '../../src/apply/field-managers.ts';
import { type Entry, inventoryOf } from '../../src/apply/inventory.ts';
import { Ledger } from '../../src/apply/ledger/ledger.ts';
import { prepareObjects } from '../../src/apply/prepare.ts';
import { KUSTOMIZE_GROUP } from '../../src/crds/meta/names.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { FakeServer } from './fake-client.ts';
import { ManualClock } from './manual-clock.ts';

const manager = 'kustomize-controller';
const replaced = managersToReplace(manager);

/** For tests: an API server, a ledger, and owners that are worked on when the ledger wakes them. */
export class LedgerWorld {
  readonly server = new FakeServer();
  readonly clock = new ManualClock();
  readonly woken: string[] = [];
  readonly ledger: Ledger;
  readonly inventories = new Map<string, readonly Entry[]>();
  /** The longest pause between corrections. */
  maxPauseMs = 60 * 60_000;
  readonly #client = this.server.client();

  constructor() {
    this.ledger = new Ledger({
      clock: this.clock,
      random: () => 0,
      rules: {
        fieldManager: manager,
        ownerGroup: KUSTOMIZE_GROUP,
        isReplaced: (entry) => isTakenOver(entry, replaced),
        migrateApiVersion: false,
      },
      wake: (owner) => void this.woken.push(owner),
      maxPauseMs: () => this.maxPauseMs,
    });
  }

  /** Applies objects as an owner, as a reconcile does; what has changed, or `intact` when nothing was looked at. */
  async apply(objects: readonly KubeObject[], owner = 'ns/app', during: () => void = () => undefined): Promise<string> {
    const target = { identity: { cluster: '' }, client: this.#client, hold: () => ({ release: () => undefined }) };
    const [namespace = '', name = ''] = owner.split('/');
    using session = this.ledger.open(owner, target);
    const purpose = JSON.stringify(objects);
    if (session.isIntact(purpose)) return 'intact';
    const applier = new Applier({ client: this.#client, fieldManager: manager, ownerGroup: KUSTOMIZE_GROUP, session });
    const prepared = prepareObjects(objects, { ownerGroup: KUSTOMIZE_GROUP, owner: { namespace, name } });
    const inventory = this.inventories.get(owner) ?? [];
    const { entries, known } = await applier.applyAll(prepared, {
      signal: AbortSignal.timeout(10_000),
      direct: { owner: { namespace, name }, inventory, undone: () => undefined },
      beforeStage: async () => during(),
    });
    const changed = inventoryOf(entries);
    const stale = inventory.filter(({ id }) => !changed.some((entry) => entry.id === id));
    session.complete(known === true ? purpose : undefined);
    await applier.prune(stale, { owner: { namespace, name }, signal: AbortSignal.timeout(10_000) });
    this.inventories.set(owner, changed);
    return changeLog(entries.filter(hasChanged));
  }

  /** Lets events arrive, and the ledger's timers that are due run. */
  async settle(ms = 1_000): Promise<void> {
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
    this.clock.advance(ms);
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Who was woken since the last call. */
  takeWoken(): string[] {
    return this.woken.splice(0);
  }
}

export function configMap(name: string, data: Readonly<Record<string, string>> = { a: '1' }): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'ns' }, data };
}
