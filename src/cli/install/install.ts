import { Applier } from '../../apply/applier.ts';
import { hasChanged } from '../../apply/change-set.ts';
import { waitForCurrent } from '../../apply/health.ts';
import { refOf } from '../../apply/object-ref.ts';
import { StatusWaiter } from '../../apply/waiter.ts';
import { KUSTOMIZE_GROUP, ownerOf } from '../../crds/meta/names.ts';
import type { Client } from '../../kube/client.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { KubeObject, ResourceType } from '../../kube/object.ts';

/** How an installation goes about it. */
export interface InstallRun {
  readonly signal: AbortSignal;
  /** For all of it: applying, and becoming ready. */
  readonly timeoutMs: number;
  /** Go on although another tool has installed Flux here. */
  readonly force: boolean;
  /** Takes a line of progress. */
  readonly print: (line: string) => void;
}

/** The installation in the cluster belongs to something else, which would undo what we do. */
export class InstallRefused extends Error {
  override readonly name = 'InstallRefused';
}

/**
 * The field manager of `flux install`: taking over its objects leaves no fields behind that neither side wants.
 */
const fieldManager = 'flux';

const crdType: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

/**
 * Applies what `renderInstall` gave, and waits until the controllers are ready. Throws {@link InstallRefused}, ApplyError,
 * or ApiError.
 */
export async function install(client: Client, objects: readonly KubeObject[], run: InstallRun): Promise<void> {
  const { print, timeoutMs } = run;
  const started = performance.now();
  const signal = AbortSignal.any([run.signal, AbortSignal.timeout(timeoutMs)]);
  await refuseForeign(client, run.force, signal);
  const waiter = new StatusWaiter();
  const applier = new Applier({ client, fieldManager, ownerGroup: 'fluxcd.io', waiter });
  const { entries } = await applier.applyAll(objects, { signal });
  for (const change of entries.filter(hasChanged)) print(`${change.subject} ${change.action}`);
  const deployments = objects.filter(({ kind }) => kind === 'Deployment').map(refOf);
  print(`waiting for ${deployments.map(({ name }) => name).join(', ')}`);
  const left = Math.max(0, timeoutMs - (performance.now() - started));
  await waitForCurrent(waiter, client, deployments, { timeoutMs: left, signal: run.signal });
}

/**
 * As `flux install` (flux2 cmd/flux/cluster_info.go): an installation that a Kustomization keeps from Git is changed
 * there, and one that another tool made only when forced.
 */
async function refuseForeign(client: Client, force: boolean, signal: AbortSignal): Promise<void> {
  const labels = await client
    .getMetadata(crdType, { name: 'gitrepositories.source.toolkit.fluxcd.io' }, { signal })
    .then(({ metadata }) => metadata.labels)
    .catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  const owner = ownerOf(KUSTOMIZE_GROUP, labels);
  if (owner !== undefined) {
    throw new InstallRefused(
      `Kustomization ${owner.namespace}/${owner.name} keeps this installation as it is in Git: ` +
        'put the output of --export there instead',
    );
  }
  const tool = labels?.['app.kubernetes.io/managed-by'];
  if (tool !== undefined && tool !== 'flux' && !force) {
    throw new InstallRefused(`${tool} has made this installation, and may undo what is changed here: use --force`);
  }
}
