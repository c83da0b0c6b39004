import { KEEP, RESOURCE_POLICY } from '../../src/controllers/helm/actions/release-objects.ts';
import type { Chart } from '../../src/engines/helm/chart/chart.ts';
import { parseYamlDocuments } from '../../src/yaml/parse.ts';
import type { ApiObject } from '../../test/support/api-client.ts';
import { isReady } from '../../test/support/conditions.ts';
import { Environment } from '../../test/support/environment.ts';
import { type Kubectl, ref } from '../../test/support/kubectl.ts';
import { type SeenStatus, statusOf } from '../../test/support/release-world.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { listAll } from './list-all.ts';
import { type ChartSource, startSource, type Way } from './sources.ts';
import type { Trial, Trials } from './trial.ts';

const helmApi = 'helm.toolkit.fluxcd.io/v2';
/** In every namespace. */
const born: ReadonlySet<string> = new Set(['ServiceAccount/default', 'ConfigMap/kube-root-ca.crt']);

/** Trials through our controllers, which read the charts from a server. */
export async function tryReleases(way: Way, timeoutMs: number): Promise<Trials> {
  const [environment, source] = await Promise.all([Environment.start({ kwok: true, start: false }), startSource(way)]);
  await Promise.all([environment.startSource(), environment.startHelm()]);
  return {
    run: (trial) => tryRelease(trial, { environment, source, timeoutMs }),
    stop: async () => {
      await environment.stop();
      await source.stop();
    },
  };
}

interface Surroundings {
  readonly environment: Environment;
  readonly source: ChartSource;
  readonly timeoutMs: number;
}

async function tryRelease(trial: Trial, { environment, source, timeoutMs }: Surroundings): Promise<string> {
  const { name } = trial.chart.metadata;
  await source.publish(trial);
  const kubectl = await environment.kubectl.createNamespace(name);
  const release = ref(helmApi, 'HelmRelease', name);
  const deadlineMs = timeoutMs + 60_000;
  const released = async (chart: Chart, revision: number): Promise<SeenStatus> => {
    const { objects, spec } = source.use(chart);
    const crds = { crds: 'CreateReplace' };
    const common = { interval: '1h', timeout: `${timeoutMs}ms`, driftDetection: { mode: 'enabled' } };
    const all = { ...common, install: crds, upgrade: crds, values: trial.values, ...spec };
    await kubectl.apply([...objects, { ...release, spec: all }]);
    const done = (seen: ApiObject): boolean => isReady(seen) && statusOf(seen).history?.[0]?.version === revision;
    return statusOf(await kubectl.waitFor(release, `ready at revision ${revision}`, done, { deadlineMs }));
  };

  const first = await timed(() => released(trial.chart, 1));
  const before = await labelled(kubectl);
  const second = await timed(() => released(trial.next, 2));
  const after = await labelled(kubectl);
  const anew = [...before].filter(([key, { uid }]) => after.has(key) && after.get(key)?.uid !== uid);
  if (anew.length > 0) throw new Error(`made anew: ${anew.map(([key]) => key).join(', ')}`);
  await noDrift(kubectl, release, second.result);

  await kubectl.delete(release);
  const third = await timed(() => kubectl.waitGone(release, { deadlineMs }));
  await nothingLeft(kubectl, definitionsOf(trial.chart));
  const seconds = [first, second, third].map(({ ms }) => (ms / 1_000).toFixed(1)).join(' / ');
  return `${second.result.inventory?.entries.length ?? 0} objects; seconds ${seconds}`;
}

async function timed<T>(run: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const began = performance.now();
  const result = await run();
  return { result, ms: performance.now() - began };
}

/** Objects of releases of the namespace, wherever they are: by kind, namespace and name. */
async function labelled(kubectl: Kubectl): Promise<ReadonlyMap<string, ApiObject['metadata']>> {
  const labelSelector = `helm.toolkit.fluxcd.io/namespace=${kubectl.namespace}`;
  return keyed(await listAll(kubectl.client, { labelSelector }));
}

function keyed(objects: readonly ApiObject[]): ReadonlyMap<string, ApiObject['metadata']> {
  const key = ({ kind, metadata }: ApiObject): string => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
  return new Map(objects.map((object) => [key(object), object.metadata]));
}

/** A look at everything finds it as it was released. */
async function noDrift(kubectl: Kubectl, release: ReturnType<typeof ref>, { history }: SeenStatus): Promise<void> {
  const token = String(process.hrtime.bigint());
  await kubectl.annotate(release, { 'reconcile.fluxcd.io/requestedAt': token });
  const seen = await kubectl.waitFor(
    release,
    'to have handled a request',
    (one) => isReady(one) && statusOf(one).lastHandledReconcileAt === token,
  );
  if (statusOf(seen).history?.[0]?.version !== history?.[0]?.version) throw new Error('released again unasked');
  const events = await kubectl.list('v1', 'Event');
  const drift = events.find(({ reason }) => reason === 'DriftDetected' || reason === 'DriftCorrected');
  if (drift !== undefined) throw new Error(`drift: ${String(drift['message'])}`);
}

async function nothingLeft(kubectl: Kubectl, definitions: ReadonlySet<string>): Promise<void> {
  let left: readonly string[] = [];
  await waitFor(
    async () => {
      const inNamespace = await listAll(kubectl.client, { namespace: kubectl.namespace });
      const stays = ({ kind, metadata: { name } }: ApiObject): boolean =>
        born.has(`${kind}/${name}`) || kind === 'Event' || kind === 'HelmRepository' || kind === 'OCIRepository';
      const all = new Map([...(await labelled(kubectl)), ...keyed(inNamespace.filter((object) => !stays(object)))]);
      const kept = new Set([...all.values()].filter(isKept).map(({ uid }) => uid));
      left = [...all]
        .filter(([, metadata]) => !isKept(metadata) && !ownersOf(metadata).some(({ uid }) => kept.has(uid)))
        .map(([key]) => key)
        .filter((key) => !definitions.has(key));
      return left.length === 0;
    },
    'nothing to be left',
    { deadlineMs: 60_000 },
  ).catch((cause: unknown) => {
    throw new Error(`left: ${left.join(', ')}`, { cause });
  });
}

/** Kept by wish, or a hook, which Helm leaves to whoever runs it next. */
function isKept({ annotations }: ApiObject['metadata']): boolean {
  const given = (annotations ?? {}) as Readonly<Record<string, string>>;
  return given[RESOURCE_POLICY] === KEEP || 'helm.sh/hook' in given;
}

function ownersOf({ ownerReferences }: ApiObject['metadata']): readonly { readonly uid: string }[] {
  return (ownerReferences ?? []) as readonly { readonly uid: string }[];
}

/** Definitions that are never deleted: those of the directories `crds`. */
function definitionsOf(chart: Chart): ReadonlySet<string> {
  const own = chart.files
    .filter(({ name }) => name.startsWith('crds/'))
    .flatMap(({ data }) => parseYamlDocuments(new TextDecoder().decode(data)))
    .flatMap((document) => {
      const { kind, metadata } = (document ?? {}) as Partial<ApiObject>;
      return kind === undefined || metadata === undefined ? [] : [`${kind}//${metadata.name}`];
    });
  return new Set([...own, ...chart.dependencies.flatMap((one) => [...definitionsOf(one)])]);
}
