import { setTimeout as delay } from 'node:timers/promises';
import type { Environment } from '../support/environment.ts';
import { below, pick, type Random, seededRandom, shuffled } from '../support/random.ts';
import { type App, Fleet } from './fleet.ts';
import { type MemoryReport, MemoryWatch } from './memory.ts';

export interface SoakOptions {
  readonly seed: number;
  /** How long things happen, in milliseconds, and each of them at least once; what has to settle then comes on top. */
  readonly durationMs: number;
  readonly teams: number;
  /** Processes are ended in this part of the time, from its start; half when absent. */
  readonly killsFor?: number;
  /** Takes a line about what was just done. */
  readonly tell?: (line: string) => void;
}

export interface SoakReport {
  readonly seed: number;
  readonly seconds: number;
  /** How often each thing was done. */
  readonly actions: Readonly<Record<string, number>>;
  /** Of the processes that lived to see the end. */
  readonly memory: readonly MemoryReport[];
}

/** How often each thing happens, relative to the others. Every round has all of them, in another order. */
const round = {
  push: 8,
  edit: 8,
  remove: 4,
  suspend: 3,
  request: 3,
  recreate: 1,
  killKustomize: 1,
  killSource: 1,
  restartApiServer: 1,
} as const;
type Action = keyof typeof round;

const everyAction = (Object.keys(round) as Action[]).flatMap((name) => Array.from({ length: round[name] }, () => name));
/** Ends lives, so that only the first part of a soak has it: the rest shows whether memory stays flat. */
const kills: readonly Action[] = ['killKustomize', 'killSource'];

/**
 * Lets things happen to Kustomizations at random, the same for the same seed: pushes, edits and deletions by hand,
 * suspensions, restarts of the API server, sudden ends of the controllers. Then lets all of it settle, and holds cluster
 * and inventories against Git. @throws {AssertionError} when they are not equal.
 */
export async function soak(environment: Environment, options: SoakOptions): Promise<SoakReport> {
  const { seed, durationMs, teams, killsFor = 0.5, tell = () => {} } = options;
  const random = seededRandom(seed);
  const fleet = await Fleet.create(environment, random, teams);
  const memory = new MemoryWatch();
  const done: Record<string, number> = {};
  const started = Date.now();
  for (let rounds = 0; rounds === 0 || Date.now() - started < durationMs; rounds++) {
    for (const action of shuffled(random, everyAction)) {
      const elapsed = Date.now() - started;
      if (rounds > 0 && elapsed >= durationMs) break;
      const mayKill = rounds === 0 || elapsed <= durationMs * killsFor;
      if (!mayKill && kills.includes(action)) continue;
      const app = pick(random, fleet.apps);
      tell(`${Math.round(elapsed / 1000)}s ${action} ${app.team.namespace}/${app.name}`);
      await actions[action]({ environment, fleet, random, app, mayKill });
      done[action] = (done[action] ?? 0) + 1;
      await memory.look('kustomize-controller', environment.kustomize);
      await memory.look('source-controller', environment.source);
      await delay(below(random, 250));
    }
  }
  await fleet.assertEqual();
  return { seed, seconds: (Date.now() - started) / 1000, actions: done, memory: memory.reports() };
}

interface Scene {
  readonly environment: Environment;
  readonly fleet: Fleet;
  readonly random: Random;
  readonly app: App;
  readonly mayKill: boolean;
}

const actions: Readonly<Record<Action, (scene: Scene) => Promise<void>>> = {
  push: pushChange,

  async edit({ fleet, app, random }) {
    const object = fleet.someObject(app);
    if (object === undefined || (await app.team.kubectl.find(object)) === undefined) return;
    const unowned = { labels: { 'kustomize.toolkit.fluxcd.io/name': null } };
    const edited = { annotations: { value: 'edited', added: 'by hand' } };
    await app.team.kubectl.patch(object, { metadata: random() < 0.2 ? unowned : edited }).catch(gone);
  },

  async remove({ fleet, app }) {
    const object = fleet.someObject(app);
    if (object !== undefined) await app.team.kubectl.delete(object);
  },

  async suspend({ app }) {
    app.suspended = !app.suspended;
    await app.team.kubectl.patch(app.team.app(app.name), { spec: { suspend: app.suspended } });
  },

  async request({ app }) {
    await app.team.request(app.name);
  },

  /** One that is suspended would leave its objects: as it should, and nobody would ever collect them. */
  async recreate({ environment, fleet, app, random, mayKill }) {
    if (app.suspended) return;
    await app.team.kubectl.delete(app.team.app(app.name));
    if (random() < 0.5 && mayKill) await killAndStart(environment, 'kustomize', below(random, 200));
    await app.team.kubectl.waitGone(app.team.app(app.name), { deadlineMs: 60_000 });
    await fleet.install(app);
  },

  async killKustomize(scene) {
    await pushChange(scene);
    await killAndStart(scene.environment, 'kustomize', below(scene.random, 600));
  },

  async killSource(scene) {
    const pushed = pushChange(scene);
    await killAndStart(scene.environment, 'source', below(scene.random, 300));
    await pushed;
  },

  async restartApiServer(scene) {
    await pushChange(scene);
    await delay(below(scene.random, 600));
    await scene.environment.plane.restartApiServer({ graceful: scene.random() < 0.5 });
  },
};

async function pushChange({ fleet, app }: Scene): Promise<void> {
  fleet.change(app);
  await fleet.push(app.team);
}

async function killAndStart(environment: Environment, which: 'kustomize' | 'source', afterMs: number): Promise<void> {
  await delay(afterMs);
  await environment[which].kill();
  if (which === 'kustomize') await environment.startKustomize();
  else await environment.startSource();
}

/** Somebody was faster: the object that was to be edited is gone. */
function gone(error: unknown): void {
  if (!(error instanceof Error && /\b404\b/.test(error.message))) throw error;
}
