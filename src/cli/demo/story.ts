import { kustomizationKind } from '../../crds/kustomize/kustomization.ts';
import type { Client } from '../../kube/client.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { KubeObject, ResourceType } from '../../kube/object.ts';
import type { RunningController } from './controllers.ts';
import {
  changes,
  deploymentsAvailable,
  kustomizationNames,
  kustomizationsReady,
  pointToFleet,
  revisionOf,
} from './fleet.ts';
import type { FleetChange, FleetClone } from './fleet-clone.ts';
import { namespace } from './install-controllers.ts';
import { kubectlTable } from './kubectl-table.ts';
import { lineDiff } from './line-diff.ts';
import { LiveView } from './live-view.ts';
import { type Narrator, seconds } from './narrator.ts';
import type { Notifications } from './notifications.ts';
import { type ClusterEvent, type Deployment, deploymentType, image, readyCondition, type Views } from './views.ts';

/** What the story is played on. */
export interface Stage {
  readonly client: Client;
  readonly narrator: Narrator;
  readonly clone: FleetClone;
  /** The first commit. */
  readonly commit: string;
  readonly views: Views;
  readonly notifications: Notifications;
  readonly kustomizeController: RunningController;
  readonly signal: AbortSignal;
}

/** The Deployments of demo/fleet: web, api and cache, in staging and in production. */
const deploymentCount = 6;
const firstSyncMs = 180_000;
const changeMs = 90_000;

const budgetType: ResourceType = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  namespaced: true,
};
const serviceType: ResourceType = { group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true };

/** The whole life of a fleet: installed, upgraded, broken, repaired, pruned, meddled with. Each step checks what it shows. */
export async function playStory(stage: Stage): Promise<void> {
  const { narrator } = stage;
  await narrator.step('Point the cluster to the repository: a GitRepository and a Kustomization', () => install(stage));
  await narrator.step('Push a new image for staging', () => upgrade(stage));
  await narrator.step('Break a manifest', () => breakManifest(stage));
  await narrator.step('Repair it', () => repair(stage));
  await narrator.step('Remove an object from Git', () => prune(stage));
  await narrator.step('Change by hand what a Helm release has made', () => drift(stage));
}

async function install({ client, clone, commit, narrator, views, signal }: Stage): Promise<void> {
  narrator.explain(
    'The Kustomization "fleet" applies three more: infrastructure first, then apps-staging, then apps-production,\n' +
      'each as soon as those are healthy that it depends on.',
  );
  const wait = { signal, deadlineMs: firstSyncMs };
  await pointToFleet(client, clone.url, signal);
  await kustomizationsReady(views, kustomizationNames, revisionOf(commit), wait);
  await deploymentsAvailable(views, deploymentCount, wait);
  const objects = views.kustomizations.all.reduce((sum, one) => sum + (one.status?.inventory?.entries.length ?? 0), 0);
  narrator.line(`${objects} objects are in the cluster as Git has them`, 'good');
}

async function upgrade(stage: Stage): Promise<void> {
  const { narrator, views, signal } = stage;
  const wait = { signal, deadlineMs: changeMs };
  const { revision, pushedAt } = await push(stage, await changes.upgrade(stage.clone));
  await views.deployments.until(
    'staging/web to have the image 1.1.0',
    (view) => {
      const web = view.get('staging/web');
      return web !== undefined && image(web).endsWith(':1.1.0');
    },
    wait,
  );
  narrator.line(`${seconds(performance.now() - pushedAt)} from the push to the changed Deployment`, 'good');
  await kustomizationsReady(views, kustomizationNames, revision, wait);
  await deploymentsAvailable(views, deploymentCount, wait);
  narrator.line(`${seconds(performance.now() - pushedAt)} from the push until all is healthy again`, 'good');
  await stage.notifications.until(
    'apps-staging at the new commit',
    ({ involvedObject, metadata }) =>
      involvedObject.name === 'apps-staging' && Object.values(metadata ?? {}).includes(revision),
    wait,
  );
}

async function breakManifest(stage: Stage): Promise<void> {
  const { client, narrator, views, notifications, kustomizeController, signal } = stage;
  const wait = { signal, deadlineMs: changeMs };
  const { revision } = await push(stage, await changes.breakService(stage.clone));
  const message = await failure(stage, revision);
  const event = await warning(stage);
  const told = await notifications.until(
    'apps-staging that fails',
    ({ involvedObject, severity, message: text }) =>
      involvedObject.name === 'apps-staging' && severity === 'error' && text.includes('99999'),
    wait,
  );
  const logLine = await kustomizeController.program.findLine(
    (line) => (isErrorAbout(line, 'apps-staging') ? line : undefined),
    AbortSignal.any([signal, AbortSignal.timeout(changeMs)]),
  );
  await kustomizationsReady(views, ['fleet', 'infrastructure'], revision, wait);
  await views.kustomizations.until(
    'apps-production to wait for apps-staging',
    (view) => {
      const production = view.get(`${namespace}/apps-production`);
      return production !== undefined && readyCondition(production)?.reason === 'DependencyNotReady';
    },
    wait,
  );
  await deploymentsAvailable(views, deploymentCount, wait);
  const service = await client.get<KubeObject & { readonly spec: { readonly ports: readonly { port: number }[] } }>(
    serviceType,
    { namespace: 'staging', name: 'web' },
    { signal },
  );
  const port = service.spec.ports[0]?.port;
  if (port !== 80) throw new Error(`Service staging/web has the port ${port}, expected 80 as before`);

  narrator.explain('Where you would look. First: kubectl get kustomizations -A');
  narrator.block(await kubectlTable(client, kustomizationKind, signal));
  narrator.explain(`The condition says what is wrong: kubectl -n ${namespace} describe kustomization apps-staging`);
  narrator.block(message);
  narrator.explain(`The event, once: kubectl -n ${namespace} events --for kustomization/apps-staging`);
  narrator.block(`${event.type}  ${event.reason}  ${event.message.trimEnd()}`);
  narrator.explain('The notification, as a chat would get it:');
  narrator.block(JSON.stringify(told, undefined, 2));
  narrator.explain(`The controller's log: ${kustomizeController.logFile}`);
  narrator.block(logLine);
  narrator.explain(
    'Nothing of the commit reached staging: all objects are tried on the server before the first is written, so what ran\n' +
      'goes on running. infrastructure has nothing to do with it and is ready at the new commit. apps-production depends\n' +
      'on apps-staging: it keeps its objects as they are, and takes the new commit when staging has.',
  );
}

async function repair(stage: Stage): Promise<void> {
  const { narrator, views, signal } = stage;
  const wait = { signal, deadlineMs: changeMs };
  const { revision, pushedAt } = await push(stage, await changes.repairService(stage.clone));
  await kustomizationsReady(views, kustomizationNames, revision, wait);
  await deploymentsAvailable(views, deploymentCount, wait);
  narrator.line(`${seconds(performance.now() - pushedAt)} from the push until all is ready again`, 'good');
  narrator.block(await kubectlTable(stage.client, kustomizationKind, signal));
}

async function prune(stage: Stage): Promise<void> {
  const { client, narrator, views, signal } = stage;
  const name = 'PodDisruptionBudget/production/web';
  const watching = new AbortController();
  const budgets = new LiveView(client, budgetType, {
    signal: AbortSignal.any([signal, watching.signal]),
    namespace: 'production',
    describe: ({ metadata }) => (metadata.deletionTimestamp === undefined ? 'there' : 'being deleted'),
  });
  const wait = { signal, deadlineMs: changeMs };
  try {
    await budgets.until(`${name} to be there`, (view) => view.get('production/web'), wait);
    const { revision, pushedAt } = await push(stage, await changes.removeBudget(stage.clone));
    await budgets.until(`${name} to be gone`, (view) => view.get('production/web') === undefined, wait);
    await mustBeAbsent(client, signal);
    narrator.line(`${name} is gone, ${seconds(performance.now() - pushedAt)} after the push`, 'good');
    await kustomizationsReady(views, kustomizationNames, revision, wait);
    await deploymentsAvailable(views, deploymentCount, wait);
  } finally {
    watching.abort();
  }
}

async function drift({ client, narrator, views, signal }: Stage): Promise<void> {
  const key = { namespace: 'production', name: 'cache' };
  const about = 'Deployment/production/cache';
  const wait = { signal, deadlineMs: changeMs };
  narrator.explain(
    'The chart demo/fleet/charts/cache is released to staging and to production, where its values ask for two replicas.\n' +
      'The HelmRelease has driftDetection enabled: the helm-controller watches what it has installed.',
  );
  const patch = { type: 'merge', body: { spec: { replicas: 5 } } } as const;
  const scaled = await client.patch<Deployment>(deploymentType, key, patch, { fieldManager: 'kubectl-scale', signal });
  const scaledAt = performance.now();
  narrator.line(`somebody scales ${about} to 5 replicas`);
  await views.deployments.until(
    `${about} to have 2 replicas again`,
    (view) => {
      const now = view.get('production/cache');
      return (now?.metadata.generation ?? 0) > (scaled.metadata.generation ?? 0) && now?.spec.replicas === 2;
    },
    wait,
  );
  narrator.line(`${seconds(performance.now() - scaledAt)} until it has the 2 replicas of the release again`, 'good');
  await views.events.until(
    'an event that tells of the drift',
    ({ all }) =>
      all.some(({ involvedObject, reason }) => involvedObject.kind === 'HelmRelease' && reason === 'DriftCorrected'),
    wait,
  );
  await deploymentsAvailable(views, deploymentCount, wait);
}

/** Asks the server itself: a watch that starts again shows nothing for a moment. */
async function mustBeAbsent(client: Client, signal: AbortSignal): Promise<void> {
  const found = await client.get(budgetType, { namespace: 'production', name: 'web' }, { signal }).then(
    () => true,
    (error: unknown) => {
      if (isNotFound(error)) return false;
      throw error;
    },
  );
  if (found) throw new Error('the PodDisruptionBudget production/web is still there');
}

/** Commits and pushes, and shows what. Gives the revision, and when the push had been taken. */
async function push({ clone, narrator, signal }: Stage, change: FleetChange) {
  for (const [path, after] of Object.entries(change.files)) {
    const diff = after === null ? 'deleted' : lineDiff(await clone.read(path), after);
    narrator.block(`${path}\n${diff}`);
  }
  const commit = await clone.push(change, signal);
  const pushedAt = performance.now();
  narrator.line(`pushed ${commit.slice(0, 8)}: ${change.message}`);
  return { revision: revisionOf(commit), pushedAt };
}

/** Waits until apps-staging has failed at the revision, and gives the message of its condition. */
async function failure({ views, signal }: Stage, revision: string): Promise<string> {
  return views.kustomizations.until(
    'apps-staging to fail with the port that is refused',
    (view) => {
      const object = view.get(`${namespace}/apps-staging`);
      if (object?.status?.lastAttemptedRevision !== revision) return undefined;
      const ready = readyCondition(object);
      return ready?.status === 'False' && ready.message.includes('99999') ? ready.message : undefined;
    },
    { signal, deadlineMs: changeMs },
  );
}

async function warning({ views, signal }: Stage): Promise<ClusterEvent> {
  return views.events.until(
    'a Warning event about apps-staging',
    ({ all }) =>
      all.find(
        ({ type, involvedObject, message }) =>
          type === 'Warning' && involvedObject.name === 'apps-staging' && message.includes('99999'),
      ),
    { signal, deadlineMs: changeMs },
  );
}

function isErrorAbout(line: string, name: string): boolean {
  if (!line.startsWith('{')) return false;
  const { level, name: about, error } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  return level === 'error' && about === name && String(error).includes('99999');
}
