import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { HelmRepository } from '../../../crds/source/helm-repository.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import type { ConditionChange, EventInput, Outcome } from '../../../runtime/outcome.ts';
import { invalidDuration } from '../../../runtime/spec-durations.ts';
import { fetchFailed } from '../faults.ts';
import { readRepositoryAccess } from '../helm/access.ts';
import { isOciUrl, normalizedUrl, RepositoryUrlError } from '../helm/repository-url.ts';
import { inspectStorage } from '../inspect-storage.ts';
import { absent, building, learnStorage } from '../source-status.ts';
import type { HelmRepositoryDeps } from './deps.ts';
import { fetchIndex } from './fetch-index.ts';
import { humanSize } from './human-size.ts';
import { readFetched, storeIndex } from './store-index.ts';

/**
 * Makes the artifact the index of the repository. Read from top to bottom: storage, access, index, artifact. This file
 * alone decides what the status learns when (helmrepository_controller.go, Reconcile).
 */
export async function reconcileHelmRepository(
  object: HelmRepository,
  attempt: AttemptContext,
  deps: HelmRepositoryDeps,
): Promise<Outcome> {
  const { signal } = attempt;
  const { storage } = deps;
  const state = await inspectStorage(object.status, storage, signal);
  learnStorage(state, attempt);
  const { artifact } = state;
  attempt.record({ url: artifact === undefined ? undefined : storage.url(latestPath(object)) });
  attempt.record({}, [absent('StorageOperationFailed'), absent('ArtifactOutdated')]);

  const url = repositoryUrl(object);
  const access = await readRepositoryAccess(object, url, deps.client, signal);
  await using dir = await storage.scratchDir();
  const target = { object, artifact, dir: dir.path, unconditional: attempt.requested };
  const { revision, file } = await fetchIndex(target, access, deps, signal);
  if (file === undefined && artifact !== undefined) return upToDate(object, artifact, attempt);

  const index = await readFetched(file ?? '', dir.path, signal);
  attempt.record({}, [absent('FetchFailed')]);
  const message = `new index revision '${revision}'`;
  building(attempt, `building artifact: ${message}`);
  if (artifact !== undefined) {
    attempt.record({}, [{ type: 'ArtifactOutdated', status: 'True', reason: 'NewRevision', message }]);
  }
  const stored = await storeIndex(object, index, revision, storage, signal);
  return {
    state: 'ready',
    status: { artifact: stored.artifact, url: stored.url },
    conditions: [inStorage(stored.artifact)],
    events: newsOf(object, stored.artifact),
  };
}

/** Throws a stalled fault for what nothing can be fetched from. */
function repositoryUrl({ spec }: HelmRepository): string {
  const problem = invalidDuration(spec, ['interval', 'timeout']);
  if (problem !== undefined) throw fetchFailed('stalled', 'Failed', problem);
  const invalid = (text: string, cause?: unknown) =>
    fetchFailed('stalled', 'URLInvalid', `invalid Helm repository URL: ${text}`, cause);
  if (isOciUrl(spec.url)) throw invalid("'oci' URL scheme cannot be used with 'default' HelmRepository type");
  try {
    return normalizedUrl(spec.url);
  } catch (error) {
    throw error instanceof RepositoryUrlError ? invalid(error.message, error) : error;
  }
}

/**
 * Nothing is new. Differs from Flux: the event that says so is recorded when somebody asked or changed the spec, not at
 * every interval, where it would be the only request that an unchanged object costs (ADR 0009).
 */
function upToDate(object: HelmRepository, artifact: Artifact, attempt: AttemptContext): Outcome {
  const observed = object.status?.observedGeneration === object.metadata.generation;
  const message = `artifact up-to-date with remote revision: '${artifact.revision}'`;
  const nothingNew: EventInput = { severity: 'trace', reason: 'ArtifactUpToDate', message };
  return {
    state: 'ready',
    conditions: [inStorage(artifact)],
    events: [...newsOf(object, artifact), ...(attempt.requested || !observed ? [nothingNew] : [])],
  };
}

/** The events that tell of a new artifact, or that fetching works again (notify). */
function newsOf({ spec, status = {} }: HelmRepository, { digest, revision, size }: Artifact): readonly EventInput[] {
  const told = size === undefined ? 'unknown size' : `size ${humanSize(size)}`;
  const event = { message: `stored fetched index of ${told} from '${spec.url}'`, metadata: { revision, digest } };
  if (status.artifact?.digest !== digest) return [{ ...event, reason: 'NewArtifact' }];
  const failures = ['FetchFailed', 'StorageOperationFailed'];
  const hadFailed = status.conditions?.some(({ type }) => failures.includes(type)) ?? false;
  return hadFailed ? [{ ...event, reason: 'Succeeded' }] : [];
}

function inStorage({ revision }: Artifact): ConditionChange {
  const message = `stored artifact: revision '${revision}'`;
  return { type: 'ArtifactInStorage', status: 'True', reason: 'Succeeded', message };
}

function latestPath({ metadata: { namespace, name } }: HelmRepository): string {
  return `helmrepository/${namespace}/${name}/index.yaml`;
}
