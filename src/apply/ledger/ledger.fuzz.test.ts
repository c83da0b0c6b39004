import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { apiError } from '../../../test/support/fake-client.ts';
import { configMap, LedgerWorld } from '../../../test/support/ledger-world.ts';
import { KUSTOMIZE_GROUP } from '../../crds/meta/names.ts';
import type { KubeObject } from '../../kube/object.ts';
import { jsonEqual } from '../../lib/json.ts';

const owner = 'ns/app';
const names = ['a', 'b', 'c'] as const;
type Name = (typeof names)[number];

/** What happens to the world, beside owners being woken. */
type Step =
  | { readonly do: 'release'; readonly revision: number }
  | { readonly do: 'edit' | 'delete' | 'unlabel' | 'add'; readonly name: Name; readonly by: string }
  | { readonly do: 'editWhileApplying'; readonly name: Name; readonly revision: number }
  | { readonly do: 'deliver'; readonly events: number }
  | { readonly do: 'interrupt' | 'loseAll' | 'forbid' | 'allow' | 'reconcile' }
  | { readonly do: 'pass'; readonly ms: number };

const anyName = fc.constantFrom(...names);
const anyBy = fc.constantFrom('someone', 'kubectl-edit', 'rival');
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), revision: fc.nat(7) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('edit', 'delete', 'unlabel', 'add'), name: anyName, by: anyBy }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('editWhileApplying' as const), name: anyName, revision: fc.nat(7) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('deliver' as const), events: fc.nat(6) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('interrupt', 'loseAll', 'forbid', 'allow', 'reconcile') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(20_000) }) },
);

/** Revision n of the source: `a` always, `b` and `c` in some; each has two shapes, which change independently. */
function objectsOf(revision: number): KubeObject[] {
  return names.flatMap((name, i) =>
    i > 0 && (revision + i) % 3 === 0 ? [] : [configMap(name, { key: `v${(revision >> i) % 2}` })],
  );
}

/** A world whose events wait until they are delivered, in their order, and whose owner follows the ledger's wakes. */
class Play {
  readonly world = new LedgerWorld();
  revision = 0;
  reconciles = 0;
  #events: (() => void)[] = [];

  constructor() {
    this.world.server.deliver = (event) => void this.#events.push(event);
  }

  deliver(count: number): void {
    for (const event of this.#events.splice(0, count)) event();
  }

  /** One reconcile as the queue would do it. */
  async reconcile(during: () => void = () => undefined): Promise<void> {
    this.reconciles++;
    await this.world.apply(objectsOf(this.revision), owner, during);
  }

  async follow(): Promise<void> {
    if (this.world.takeWoken().length > 0) await this.reconcile();
  }

  async step(step: Step): Promise<void> {
    const { world } = this;
    const { server } = world;
    switch (step.do) {
      case 'release':
        this.revision = step.revision;
        return this.reconcile();
      case 'editWhileApplying':
        this.revision = step.revision;
        return this.reconcile(() => {
          this.#interfere('edit', step.name, 'rival');
          this.deliver(Number.POSITIVE_INFINITY);
        });
      case 'deliver':
        return this.deliver(step.events);
      case 'interrupt':
        return server.interrupt();
      case 'loseAll':
        // The connection broke, and the list that follows is all that is learned.
        this.#events = [];
        return server.interrupt();
      case 'forbid':
        server.answer = ({ verb }) => (verb === 'watch' ? apiError(403, 'Forbidden', 'no') : undefined);
        this.#events = [];
        return server.interrupt();
      case 'allow':
        server.answer = () => undefined;
        return;
      case 'reconcile':
        return this.reconcile();
      case 'pass':
        return world.settle(step.ms);
      default:
        return this.#interfere(step.do, step.name, step.by);
    }
  }

  #interfere(what: 'edit' | 'delete' | 'unlabel' | 'add', name: Name, by: string): void {
    const { server } = this.world;
    const live = server.find('ConfigMap', name);
    if (live === undefined) return;
    const { metadata } = configMap(name);
    const labels = { [`${KUSTOMIZE_GROUP}/name`]: null } as unknown as Record<string, string>;
    if (what === 'delete') server.remove(server.typeOf(live), live);
    else if (what === 'unlabel') server.edit({ ...configMap(name, {}), metadata: { ...metadata, labels } }, by);
    else server.edit(configMap(name, what === 'edit' ? { key: by } : { more: by }), by);
  }

  /** All events arrive and all pauses pass, while nobody interferes any more. */
  async comeToRest(): Promise<void> {
    for (let round = 0; round < 20; round++) {
      this.deliver(Number.POSITIVE_INFINITY);
      await this.world.settle(2 * 60 * 60_000);
      this.deliver(Number.POSITIVE_INFINITY);
      await this.follow();
    }
  }

  /** What our fields and labels are, of the objects of the revision. */
  problems(): string[] {
    return objectsOf(this.revision).flatMap(({ metadata: { name }, data }) => {
      const live = this.world.server.find('ConfigMap', name);
      if (live === undefined) return [`${name} is missing`];
      const { more: _, ...found } = live['data'] as Record<string, string>;
      if (!jsonEqual(found, data)) return [`${name} is ${JSON.stringify(found)}`];
      return live.metadata.labels?.[`${KUSTOMIZE_GROUP}/name`] === 'app' ? [] : [`${name} has no label`];
    });
  }
}

test('whatever happens in whatever order, what drifted is put right without an interval, and then there is peace', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), async (steps) => {
      const play = new Play();
      await play.reconcile();
      for (const step of steps) {
        await play.step(step);
        await play.world.settle(0);
        await play.follow();
      }
      // Where watching was forbidden, the interval is what finds drift: it begins to watch again.
      play.world.server.answer = () => undefined;
      await play.world.settle(5 * 60_000);
      await play.reconcile();
      await play.comeToRest();
      assert.deepEqual(play.problems(), []);
      play.reconciles = 0;
      play.world.server.taken();
      await play.comeToRest();
      assert.equal(play.reconciles, 0, 'nobody is woken when nothing happens');
    }),
    { seed: 20261122, numRuns: 200 },
  );
});

const quiet = fc.oneof(
  fc.record({ do: fc.constant('release' as const), revision: fc.nat(7) }),
  fc.record({ do: fc.constant('deliver' as const), events: fc.nat(6) }),
  fc.record({ do: fc.constantFrom('interrupt', 'loseAll', 'reconcile') }),
) as fc.Arbitrary<Step>;

test('our own writes wake nobody, whenever their events come', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(quiet, { maxLength: 15 }), async (steps) => {
      const play = new Play();
      await play.reconcile();
      for (const step of steps) {
        await play.step(step);
        await play.world.settle(1_000);
        assert.deepEqual(play.world.takeWoken(), []);
      }
    }),
    { seed: 11, numRuns: 300 },
  );
});

test('a single change, at any moment of any exchange, is found by the watch alone', async () => {
  const change = fc.oneof(
    fc.record({ do: fc.constantFrom('edit', 'delete', 'unlabel'), name: anyName, by: anyBy }),
    fc.record({ do: fc.constant('editWhileApplying' as const), name: anyName, revision: fc.nat(7) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(quiet, { maxLength: 6 }),
      change as fc.Arbitrary<Step>,
      fc.array(quiet, { maxLength: 6 }),
      async (first, interference, then) => {
        const play = new Play();
        await play.reconcile();
        for (const step of [...first, interference, ...then]) {
          await play.step(step);
          await play.world.settle(0);
          await play.follow();
        }
        await play.comeToRest();
        assert.deepEqual(play.problems(), []);
      },
    ),
    { seed: 7, numRuns: 250 },
  );
});

test('a rival that never gives up costs fewer and fewer corrections', async () => {
  const play = new Play();
  await play.reconcile();
  const corrected: number[] = [];
  for (let second = 0; second < 3_600; second++) {
    const live = play.world.server.find('ConfigMap', 'a');
    if ((live?.['data'] as Record<string, string>)['key'] !== 'rival') {
      corrected.push(second);
      play.world.server.edit(configMap('a', { key: 'rival' }), 'rival');
    }
    play.deliver(Number.POSITIVE_INFINITY);
    await play.world.settle(1_000);
    await play.follow();
  }
  assert.ok(corrected.length <= 20, `${corrected.length} corrections in an hour`);
  assert.ok(corrected.length >= 10, 'it is not given up either');
});
