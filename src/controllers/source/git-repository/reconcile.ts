import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { GitRepository } from '../../../crds/source/git-repository.ts';
import { shortMessage } from '../../../git/commit.ts';
import { withDeadline } from '../../../lib/async.ts';
import { parseDuration } from '../../../lib/duration.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import type { ConditionChange, EventInput, Outcome } from '../../../runtime/outcome.ts';
import { invalidDuration } from '../../../runtime/spec-durations.ts';
import { fetchFailed } from '../faults.ts';
import { inspectStorage } from '../inspect-storage.ts';
import { absent, building, learnStorage } from '../source-status.ts';
import { readAccess } from './access.ts';
import { contentConfigChanged, observedConfig } from './content-config.ts';
import type { GitRepositoryDeps } from './deps.ts';
import { findIncludes, includesDiffer } from './includes.ts';
import { storeArtifact } from './store-artifact.ts';
import { refuseUnsupported } from './unsupported.ts';
import { fetchUpstream, resolveUpstream } from './upstream.ts';

/**
 * Makes the artifact what the repository holds. Read from top to bottom: storage, access, includes, reference, commit,
 * artifact. This file alone decides what the status learns when (gitrepository_controller.go, Reconcile).
 */
export async function reconcileGitRepository(
  object: GitRepository,
  attempt: AttemptContext,
  deps: GitRepositoryDeps,
): Promise<Outcome> {
  const { signal } = attempt;
  const state = await inspectStorage(object.status, deps.storage, signal);
  learnStorage(state, attempt);
  refuseUnsupported(object, deps.gates);
  refuseDurations(object);
  attempt.record({ sourceVerificationMode: undefined }, [absent('SourceVerified'), absent('StorageOperationFailed')]);

  const access = await readAccess(object, deps.client, signal);
  const includes = findIncludes(object, deps.lookup);
  attempt.record({}, [absent('IncludeUnavailable')]);
  if (includesDiffer(object, includes)) {
    building(attempt, 'building artifact: included artifacts differ from last observed includes');
  }
  attempt.record({}, [absent('ArtifactOutdated')]);

  const { artifact } = state;
  const deadline = withDeadline(signal, timeoutMs(object));
  const upstream = await resolveUpstream(object, access, deps, { observed: artifact !== undefined, signal: deadline });
  if (artifact?.revision === upstream.revision && !contentConfigChanged(object, includes)) {
    return upToDate(object, artifact, attempt);
  }

  const checkout = await fetchUpstream(object, access, upstream, deps, deadline);
  attempt.record({}, [absent('FetchFailed')]);
  const { revision } = upstream;
  if (artifact?.revision !== revision) {
    const message = `new upstream revision '${revision}'`;
    building(attempt, `building artifact: ${message}`);
    if (artifact !== undefined) {
      attempt.record({}, [{ type: 'ArtifactOutdated', status: 'True', reason: 'NewRevision', message }]);
    }
  }

  const stored = await storeArtifact(object, { checkout, revision, includes }, deps.storage, signal);
  return {
    state: 'ready',
    status: { artifact: stored, ...observedConfig(object, includes) },
    conditions: [inStorage(stored)],
    events: newsOf(object, stored, shortMessage(checkout.commit)),
  };
}

/**
 * Nothing is new. Differs from Flux: the event that says so is recorded when somebody asked or changed the spec, not at
 * every interval, where it would be the only request that an unchanged object costs (ADR 0009).
 */
function upToDate(object: GitRepository, artifact: Artifact, attempt: AttemptContext): Outcome {
  const { revision } = artifact;
  const observed = object.status?.observedGeneration === object.metadata.generation;
  const told = attempt.requested || !observed;
  return {
    state: 'ready',
    conditions: [inStorage(artifact)],
    events: [...newsOf(object, artifact, revision), ...(told ? [nothingNew(object, revision)] : [])],
  };
}

/** Upstream compares before it fetches only where a branch, tag or name is followed, and has other words then. */
function nothingNew({ spec: { ref } }: GitRepository, revision: string): EventInput {
  const pinned = isSet(ref?.commit) || (isSet(ref?.semver) && !isSet(ref?.name));
  if (pinned) {
    const message = `artifact up-to-date with remote revision: '${revision}'`;
    return { severity: 'trace', reason: 'ArtifactUpToDate', message };
  }
  const message = `no changes since last reconciliation: observed revision '${revision}'`;
  return { severity: 'trace', reason: 'GitOperationSucceeded', message };
}

/** The events that tell of a new artifact, or that fetching works again (notify). */
function newsOf(object: GitRepository, artifact: Artifact, commit: string): readonly EventInput[] {
  const { revision, digest } = artifact;
  const event = { message: `stored artifact for commit '${commit}'`, metadata: { revision, digest } };
  if (object.status?.artifact?.digest !== digest) return [{ ...event, reason: 'NewArtifact' }];
  return hadFailed(object) ? [{ ...event, reason: 'Succeeded' }] : [];
}

function hadFailed(object: GitRepository): boolean {
  const failures = ['FetchFailed', 'IncludeUnavailable', 'StorageOperationFailed'];
  return object.status?.conditions?.some(({ type }) => failures.includes(type)) ?? false;
}

function inStorage({ revision }: Artifact): ConditionChange {
  const message = `stored artifact for revision '${revision}'`;
  return { type: 'ArtifactInStorage', status: 'True', reason: 'Succeeded', message };
}

/** Throws a stalled fault that names a duration which is too long to be one. */
function refuseDurations({ spec }: GitRepository): void {
  const problem = invalidDuration(spec, ['interval', 'timeout']);
  if (problem !== undefined) throw fetchFailed('stalled', 'GitOperationFailed', problem);
}

function timeoutMs({ spec }: GitRepository): number {
  return spec.timeout === undefined ? defaultTimeoutMs : parseDuration(spec.timeout);
}

const defaultTimeoutMs = 60_000;

function isSet(text: string | undefined): boolean {
  return text !== undefined && text !== '';
}
