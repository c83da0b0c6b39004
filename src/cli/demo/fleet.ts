import { kustomizationKind } from '../../crds/kustomize/kustomization.ts';
import { gitRepositoryKind } from '../../crds/source/git-repository.ts';
import type { Client } from '../../kube/client.ts';
import type { FleetChange, FleetClone } from './fleet-clone.ts';
import { namespace } from './install-controllers.ts';
import type { WaitOptions } from './live-view.ts';
import { isAvailable, isReady, type Views } from './views.ts';

/** The Kustomizations of demo/fleet, the one that holds the others first. */
export const kustomizationNames = ['fleet', 'infrastructure', 'apps-staging', 'apps-production'] as const;

export type KustomizationName = (typeof kustomizationNames)[number];

const stagingFile = 'apps/staging/kustomization.yaml';
const productionFile = 'apps/production/kustomization.yaml';
const budgetFile = 'apps/production/disruption-budget.yaml';

const newImage = `images:
  - name: registry.example.com/web
    newTag: 1.1.0
`;

const brokenPort = `patches:
  - target:
      kind: Service
      name: web
    patch: |-
      - op: replace
        path: /spec/ports/0/port
        value: 99999
`;

/** What a client of the Git server does to the fleet, in this order: changes of files with a commit's message. */
export const changes = {
  /** A new image for staging. */
  async upgrade(clone: FleetClone): Promise<FleetChange> {
    const before = await clone.read(stagingFile);
    return { message: 'Run web 1.1.0 in staging', files: { [stagingFile]: before + newImage } };
  },
  /** A Service in staging that no API server takes. */
  async breakService(clone: FleetClone): Promise<FleetChange> {
    const before = await clone.read(stagingFile);
    return { message: 'Move web to another port in staging', files: { [stagingFile]: before + brokenPort } };
  },
  /** What {@link breakService} did, undone. */
  async repairService(clone: FleetClone): Promise<FleetChange> {
    const before = await clone.read(stagingFile);
    return { message: 'Revert the port of web', files: { [stagingFile]: before.replace(brokenPort, '') } };
  },
  /** One object less in production. */
  async removeBudget(clone: FleetClone): Promise<FleetChange> {
    const before = await clone.read(productionFile);
    const after = before.replace('  - disruption-budget.yaml\n', '');
    return {
      message: 'Do without a disruption budget in production',
      files: { [productionFile]: after, [budgetFile]: null },
    };
  },
} as const;

/** Creates the two objects that point the cluster to the repository; what is in it does the rest. */
export async function pointToFleet(client: Client, url: string, signal: AbortSignal): Promise<void> {
  const metadata = { name: 'fleet', namespace };
  const options = { fieldManager: 'sluice-demo', signal };
  // Pushes are told by the webhook: the interval is for those that are not.
  const source = { interval: '10m', url, ref: { branch: 'main' } };
  const sourceRef = { kind: 'GitRepository', name: 'fleet' };
  const kustomization = { interval: '10m', path: './clusters/demo', prune: true, sourceRef };
  await client.apply(
    gitRepositoryKind,
    { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', metadata, spec: source },
    options,
  );
  await client.apply(
    kustomizationKind,
    { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', metadata, spec: kustomization },
    options,
  );
}

/** How conditions and inventories write a commit of the fleet. */
export function revisionOf(commit: string): string {
  return `main@sha1:${commit}`;
}

/** Waits until these Kustomizations have applied the revision and are ready. */
export async function kustomizationsReady(
  { kustomizations }: Views,
  names: readonly KustomizationName[],
  revision: string,
  options: WaitOptions,
): Promise<void> {
  const readyAt = (name: string): boolean => {
    const object = kustomizations.get(`${namespace}/${name}`);
    return object !== undefined && isReady(object) && object.status?.lastAppliedRevision === revision;
  };
  await kustomizations.until(`${names.join(', ')} to be ready at ${revision}`, () => names.every(readyAt), options);
}

/** Waits until this many Deployments of the fleet exist and all their Pods are available. */
export async function deploymentsAvailable({ deployments }: Views, count: number, options: WaitOptions): Promise<void> {
  await deployments.until(
    `${count} Deployments to be available`,
    ({ all }) => all.length === count && all.every(isAvailable),
    options,
  );
}
