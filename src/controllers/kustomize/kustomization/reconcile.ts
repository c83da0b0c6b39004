import { type HealthRules, healthRulesOf } from '../../../appliers/health-rules.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import type { Outcome } from '../../../runtime/outcome.ts';
import { refuseDecryptionIdentity } from '../decryption/refuse-identity.ts';
import { applyManifests } from './apply.ts';
import { ArtifactFiles, assertPath, dirOf, openArtifact } from './artifact.ts';
import { checkHealth, continueWait, endSupersededWait, waitUnderSuspension } from './await-health.ts';
import { checkDependencies } from './dependencies.ts';
import type { KustomizationDeps } from './deps.ts';
import { ownerOfLedger } from './drift.ts';
import { manifestsOf } from './manifests.ts';
import { pruneStale } from './prune.ts';
import { refuseAnnotations } from './refuse-annotations.ts';
import { type Delivery, recordRun } from './run.ts';
import { type ResolvedSource, withCurrentSource } from './source.ts';
import { formatTimeout, refuseDurations } from './spec.ts';
import { acquireTarget } from './target.ts';

/**
 * Makes the cluster equal to what the source says under `spec.path`. Read from top to bottom: source, dependencies,
 * files, objects, applied, pruned, healthy. This file alone decides what the status learns when.
 */
export async function reconcileKustomization(
  object: Kustomization,
  attempt: AttemptContext,
  deps: KustomizationDeps,
): Promise<Outcome> {
  const begun = waitUnderSuspension(object, deps);
  if (begun !== undefined) {
    attempt.annotateEvents(eventMetadata(begun.run.source));
    return continueWait(object, begun, attempt, deps);
  }
  refuseDecryptionIdentity(object, deps.decryption);
  refuseDurations(object);
  refuseAnnotations(object);
  const healthRules = healthRulesOf(object.spec.healthCheckExprs);
  return withCurrentSource(object, deps.sources, attempt.signal, (source) => {
    attempt.annotateEvents(eventMetadata(source));
    return applySource(object, { source, healthRules }, attempt, deps);
  });
}

async function applySource(
  object: Kustomization,
  { source, healthRules }: { readonly source: ResolvedSource; readonly healthRules: HealthRules },
  attempt: AttemptContext,
  deps: KustomizationDeps,
): Promise<Outcome> {
  await checkDependencies(object, source, attempt, deps);

  const waiting = deps.waits.current(object, source.artifact.revision);
  // What was changed meanwhile is put right first, and waited for again.
  const drifted = deps.ledger.isDue(ownerOfLedger(object));
  if (waiting !== undefined && !drifted) return continueWait(object, waiting, attempt, deps);
  endSupersededWait(object, source, attempt, deps);

  using held = new DisposableStack();
  const run = { ...(await deliver(object, source, attempt, deps, held)), healthRules };
  return checkHealth(object, run, attempt, deps);
}

/**
 * Everything up to the point where the objects are in the cluster and the stale ones are not. The target cluster is
 * held by `held`.
 */
async function deliver(
  object: Kustomization,
  source: ResolvedSource,
  attempt: AttemptContext,
  deps: KustomizationDeps,
  held: DisposableStack,
): Promise<Delivery> {
  const { revision } = source.artifact;
  const { signal } = attempt;
  const startedAt = deps.clock.now();
  const working = (step: string): void =>
    attempt.progress('Progressing', `${step} for revision ${revision} with a timeout of ${formatTimeout(object)}`);

  working('Fetching manifests');
  using files = new ArtifactFiles(() => openArtifact(source, deps.artifacts, { signal, ...deps.dependencies }));
  const dir = dirOf(object.spec.path);
  if (!deps.builds.isOf(object.metadata, source.artifact.digest, dir)) {
    const artifact = await files.open();
    void deps.triage.opened(source, artifact.tree);
    assertPath(dir, artifact);
  }

  attempt.record({ lastAttemptedRevision: revision });
  working('Building manifests');
  const target = held.use(await acquireTarget(object, deps.targets, signal));
  const { client } = target;
  const manifests = await manifestsOf(object, { files, artifact: source.artifact.digest, dir, signal }, deps);
  const { digest, jobsWithTtl } = manifests;
  for (const warning of manifests.warnings) attempt.log.info({ warning }, 'Built with a warning');

  working('Detecting drift');
  using session = deps.ledger.open(ownerOfLedger(object), target);
  const run: Delivery = { source, startedAt, digest, jobsWithTtl, target, changes: [], drifted: false };
  const applied = await recordRun(run, 'ReconciliationFailed', attempt, deps.clock, () =>
    applyManifests({ object, revision, manifests, client, session, attempt, deps }),
  );
  attempt.record({ inventory: { entries: applied.inventory } });

  await recordRun(run, 'PruneFailed', attempt, deps.clock, () =>
    pruneStale({ object, applied, client, session, attempt, deps }),
  );
  return { ...run, changes: applied.changes, drifted: applied.changed };
}

function eventMetadata({ artifact, originRevision }: ResolvedSource): Readonly<Record<string, string>> {
  return { revision: artifact.revision, ...(originRevision === undefined ? {} : { originRevision }) };
}
