import { basename, dirname } from 'node:path';
import type { Storage } from '../../../artifact/storage.ts';
import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { OCIRepository } from '../../../crds/source/oci-repository.ts';
import { withDeadline } from '../../../lib/async.ts';
import { parseDuration } from '../../../lib/duration.ts';
import { RegistryClient } from '../../../oci/registry-client.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import type { ConditionChange, EventInput, Outcome } from '../../../runtime/outcome.ts';
import { invalidDuration } from '../../../runtime/spec-durations.ts';
import { fetchFailed } from '../faults.ts';
import { inspectStorage } from '../inspect-storage.ts';
import { absent, building, learnStorage } from '../source-status.ts';
import { readAccess } from './access.ts';
import { repositoryOf } from './artifact-reference.ts';
import { contentConfigChanged, observedConfig } from './content-config.ts';
import type { OciRepositoryDeps } from './deps.ts';
import { storeArtifact } from './store-artifact.ts';
import { refuseUnsupported } from './unsupported.ts';
import { fetchImage, resolveUpstream, type Upstream } from './upstream.ts';

/**
 * Makes the artifact what the registry holds. Read from top to bottom: storage, access, reference, image, layer,
 * artifact. This file alone decides what the status learns when (ocirepository_controller.go, Reconcile).
 */
export async function reconcileOciRepository(
  object: OCIRepository,
  attempt: AttemptContext,
  deps: OciRepositoryDeps,
): Promise<Outcome> {
  const { signal } = attempt;
  const { sessions, storage } = deps;
  const state = await inspectStorage(object.status, storage, signal);
  learnStorage(state, attempt);
  attempt.record({ url: linkOf(object, state.artifact, storage) });
  refuseUnsupported(object);
  refuseDurations(object);
  attempt.record({}, [absent('SourceVerified'), absent('StorageOperationFailed')]);

  const access = await readAccess(object, attempt, deps);
  const repository = repositoryOf(object);
  const timeout = timeoutMs(object);
  const deadline = (): AbortSignal => withDeadline(signal, timeout);
  const client = new RegistryClient({ sessions, ...access });
  try {
    const upstream = await resolveUpstream(object, repository, client, deadline());
    const { artifact } = state;
    if (artifact?.revision === upstream.revision && !contentConfigChanged(object)) {
      return upToDate(object, artifact, attempt);
    }
    announce(upstream, artifact, attempt);
    const image = await fetchImage(object, upstream, client, deadline());
    const times = { signal, timeoutMs: timeout };
    const {
      artifact: stored,
      url,
      linkProblem,
    } = await storeArtifact(object, { upstream, image }, client, storage, times);
    if (linkProblem !== undefined) {
      const message = `failed to update status URL symlink: ${linkProblem}`;
      attempt.event({ severity: 'trace', reason: 'SymlinkUpdateFailed', message });
    }
    return {
      state: 'ready',
      status: { artifact: stored, ...(url === undefined ? {} : { url }), ...observedConfig(object) },
      conditions: [absent('ArtifactOutdated'), inStorage(stored)],
      events: newsOf(object, stored),
    };
  } finally {
    client.close();
  }
}

/** The link that the status has, under the address that is right now. */
function linkOf({ status }: OCIRepository, artifact: Artifact | undefined, storage: Storage): string | undefined {
  if (artifact === undefined || status?.url === undefined) return undefined;
  return storage.url(`${dirname(artifact.path)}/${basename(status.url)}`);
}

/** Says that another revision than the stored one is on its way. */
function announce({ revision, name }: Upstream, artifact: Artifact | undefined, attempt: AttemptContext): void {
  if (artifact?.revision === revision) return;
  const message = `new revision '${revision}' for '${name}'`;
  building(attempt, `building artifact: ${message}`);
  if (artifact === undefined) return;
  attempt.record({}, [{ type: 'ArtifactOutdated', status: 'True', reason: 'NewRevision', message }]);
}

/**
 * Nothing is new. Differs from Flux: the event that says so is recorded when somebody asked or changed the spec, not at
 * every interval, where it would be the only request that an unchanged object costs (ADR 0009).
 */
function upToDate(object: OCIRepository, artifact: Artifact, attempt: AttemptContext): Outcome {
  const { revision } = artifact;
  const observed = object.status?.observedGeneration === object.metadata.generation;
  const message = `artifact up-to-date with remote revision: '${revision}'`;
  const nothingNew: EventInput = { severity: 'trace', reason: 'ArtifactUpToDate', message };
  return {
    state: 'ready',
    conditions: [absent('ArtifactOutdated'), inStorage(artifact)],
    events: [...newsOf(object, artifact), ...(attempt.requested || !observed ? [nothingNew] : [])],
  };
}

/** The events that tell of a new artifact, or that fetching works again (notify). */
function newsOf(object: OCIRepository, artifact: Artifact): readonly EventInput[] {
  const { revision, digest } = artifact;
  const message = `stored artifact with revision '${revision}' from '${object.spec.url}'${originOf(artifact)}`;
  const event = { message, metadata: { revision, digest } };
  if (object.status?.artifact?.digest !== digest) return [{ ...event, reason: 'NewArtifact' }];
  return hadFailed(object) ? [{ ...event, reason: 'Succeeded' }] : [];
}

/** What the image was made from, where its annotations tell. */
function originOf({ metadata = {} }: Artifact): string {
  const source = metadata['org.opencontainers.image.source'] ?? '';
  const revision = metadata['org.opencontainers.image.revision'] ?? '';
  return source === '' || revision === '' ? '' : `, origin source '${source}', origin revision '${revision}'`;
}

function hadFailed(object: OCIRepository): boolean {
  const failures = ['FetchFailed', 'StorageOperationFailed'];
  return object.status?.conditions?.some(({ type }) => failures.includes(type)) ?? false;
}

function inStorage({ revision }: Artifact): ConditionChange {
  const message = `stored artifact for digest '${revision}'`;
  return { type: 'ArtifactInStorage', status: 'True', reason: 'Succeeded', message };
}

/** Throws a stalled fault that names a duration which is too long to be one. */
function refuseDurations({ spec }: OCIRepository): void {
  const problem = invalidDuration(spec, ['interval', 'timeout']);
  if (problem !== undefined) throw fetchFailed('stalled', 'OCIArtifactPullFailed', problem);
}

function timeoutMs({ spec }: OCIRepository): number {
  return spec.timeout === undefined ? defaultTimeoutMs : parseDuration(spec.timeout);
}

const defaultTimeoutMs = 60_000;
