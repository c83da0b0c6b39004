/**
 * 1,000 events within a second, with Alerts that send each of them to three places, one of which accepts connections and
 * never answers: how long the other two wait, what memory the process takes, and whether anything that was accepted is
 * lost, also when the process is told to stop in the middle of it. On a control plane of its own, on loopback:
 * `node bench/notification.ts [--entry dist/main.js]`; exits 1 when a budget is missed. The memory budget is for the
 * built program: types are stripped in memory otherwise.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Agent, request } from 'undici';
import { Environment } from '../test/support/environment.ts';
import { waitFor } from '../test/support/wait-for.ts';
import { type Figure, report } from './support/report.ts';

const { values } = parseArgs({ options: { entry: { type: 'string' } } });
const events = 1000;
const wellPlaces = 2;
const namespace = 'bench';

/** A place that events are sent to. */
class Place {
  /** When each message arrived, how often. */
  readonly arrivals = new Map<string, number[]>();
  readonly #server: Server;
  readonly #held: (() => void)[] = [];
  isHanging: boolean;

  constructor(isHanging: boolean) {
    this.isHanging = isHanging;
    this.#server = createServer((incoming, response) => void this.#take(incoming, response));
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Answers from now on, also what came before. */
  recover(): void {
    this.isHanging = false;
    for (const answer of this.#held.splice(0)) answer();
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
    const { message } = JSON.parse(text) as { message: string };
    const answer = (): void => {
      this.arrivals.set(message, [...(this.arrivals.get(message) ?? []), performance.now()]);
      response.end();
    };
    if (this.isHanging) this.#held.push(() => !response.destroyed && answer());
    else answer();
  }
}

function body(message: string, index: number): string {
  return JSON.stringify({
    involvedObject: {
      kind: 'Kustomization',
      namespace,
      name: `app-${index % 100}`,
      uid: '6f3b6a5e-1d2c-4f7a-9c0b-000000000000',
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      resourceVersion: '321',
    },
    severity: 'info',
    timestamp: new Date().toISOString().replace(/\.\d+/, ''),
    message,
    reason: 'Progressing',
    metadata: { 'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:0123456789012345678901234567890123456789' },
    reportingController: 'kustomize-controller',
    reportingInstance: 'kustomize-controller-0',
  });
}

const agent = new Agent({ connections: 16 });

/** Posts events evenly over `ms`; gives when each was accepted. */
async function post(url: string, prefix: string, count: number, ms: number): Promise<Map<string, number>> {
  const accepted = new Map<string, number>();
  const startedAt = performance.now();
  const posts: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    const ahead = startedAt + (index * ms) / count - performance.now();
    if (ahead > 1) await sleep(ahead);
    const message = `${prefix} ${index}`;
    const answer = request(url, { method: 'POST', body: body(message, index), dispatcher: agent }).then(
      async (response) => {
        await response.body.dump();
        if (response.statusCode === 202) accepted.set(message, performance.now());
      },
    );
    posts.push(answer.catch(() => undefined));
  }
  await Promise.all(posts);
  return accepted;
}

/** Milliseconds from being accepted to arriving, of all that arrived, in order. */
function delays(accepted: ReadonlyMap<string, number>, places: readonly Place[]): number[] {
  return places
    .flatMap(({ arrivals }) =>
      [...accepted].flatMap(([message, at]) => (arrivals.get(message) ?? []).slice(0, 1).map((seen) => seen - at)),
    )
    .map((delay) => Math.max(0, delay))
    .toSorted((a, b) => a - b);
}

function lost(accepted: ReadonlyMap<string, number>, places: readonly Place[]): number {
  return places.reduce(
    (sum, { arrivals }) => sum + [...accepted.keys()].filter((message) => !arrivals.has(message)).length,
    0,
  );
}

async function memoryMiB(pid: number, field: 'VmHWM' | 'VmRSS'): Promise<number> {
  const found = new RegExp(`${field}:\\s+(\\d+)`).exec(await readFile(`/proc/${pid}/status`, 'utf8'));
  return Number(found?.[1] ?? 0) / 1024;
}

/** CPU time of a process, milliseconds. */
async function cpuMs(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const places = [new Place(true), ...Array.from({ length: wellPlaces }, () => new Place(false))];
const [hung, ...well] = places as [Place, ...Place[]];
const figures: Figure[] = [];
const environment = await Environment.start({
  start: false,
  ...(values.entry === undefined ? {} : { entry: resolve(values.entry) }),
});
try {
  const { controller, eventsUrl } = await environment.startNotification();
  await environment.kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
  for (const [index, place] of places.entries()) {
    const metadata = { name: `place-${index}`, namespace };
    const apiVersion = 'notification.toolkit.fluxcd.io/v1beta3';
    await environment.kubectl.apply([
      {
        apiVersion,
        kind: 'Provider',
        metadata,
        spec: { type: 'generic', address: await place.listen(), timeout: '5s' },
      },
      {
        apiVersion,
        kind: 'Alert',
        metadata,
        spec: { providerRef: { name: metadata.name }, eventSources: [{ kind: 'Kustomization', name: '*' }] },
      },
    ]);
  }
  // What is watched is a moment old.
  await waitFor(async () => {
    await post(eventsUrl, `warm ${performance.now()}`, 1, 0);
    await sleep(200);
    return well.every(({ arrivals }) => arrivals.size > 0);
  }, 'the Alerts to be known');
  const idleMiB = await memoryMiB(controller.pid, 'VmRSS');

  const cpuBefore = await cpuMs(controller.pid);
  const accepted = await post(eventsUrl, 'burst', events, 1000);
  await waitFor(() => lost(accepted, well) === 0, 'the well places to have everything', { deadlineMs: 30_000 });
  const cpu = (await cpuMs(controller.pid)) - cpuBefore;
  const waited = delays(accepted, well);
  const peakMiB = await memoryMiB(controller.pid, 'VmHWM');
  hung.recover();
  await waitFor(() => lost(accepted, [hung]) === 0, 'the hung place to have everything', { deadlineMs: 120_000 });

  const stopping = post(eventsUrl, 'stop', events, 1000);
  await sleep(500);
  const stopped = controller.stop();
  const last = await stopping;
  await stopped;

  const at = (share: number): number => waited[Math.min(waited.length - 1, Math.floor(waited.length * share))] ?? 0;
  const memoryBudget = values.entry === undefined ? {} : { budget: 120 };
  figures.push(
    { phase: 'burst', name: 'events not accepted', value: events - accepted.size, unit: '', budget: 0 },
    { phase: 'burst', name: 'from accepted to delivered, median', value: at(0.5), unit: 'ms' },
    { phase: 'burst', name: 'from accepted to delivered, worst', value: at(1), unit: 'ms', budget: 1000 },
    { phase: 'burst', name: 'CPU for each delivery', value: cpu / (events * wellPlaces), unit: 'ms' },
    { phase: 'burst', name: 'resident memory, idle', value: idleMiB, unit: 'MiB' },
    { phase: 'burst', name: 'resident memory, peak', value: peakMiB, unit: 'MiB', ...memoryBudget },
    { phase: 'burst', name: 'accepted and lost, of three places', value: lost(accepted, places), unit: '', budget: 0 },
    { phase: 'stop', name: 'events accepted before the end', value: last.size, unit: '' },
    { phase: 'stop', name: 'accepted and lost, of three places', value: lost(last, places), unit: '', budget: 0 },
  );
} finally {
  for (const place of places) place.close();
  await agent.close();
  await environment.stop();
}
if (report(figures).length > 0) process.exitCode = 1;
