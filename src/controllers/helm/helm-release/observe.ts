import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import { adopted } from './adopt.ts';
import type { HelmReleaseDeps } from './deps.ts';
import { commonMetadataDigest, postRenderersDigest } from './digests.ts';
import { ReleaseStatusDraft } from './release-status.ts';
import type { ReleaseRun } from './runs.ts';
import { releaseKey, remediationOf } from './spec.ts';
import { determineState, type ReleaseState } from './state.ts';

/**
 * How the release in the storage stands to the spec. Throws a retryable StateError fault when that cannot be told
 * (DetermineReleaseState).
 */
export async function observeState(
  object: HelmRelease,
  { storage, chart, values }: ReleaseRun,
  attempt: AttemptContext,
  deps: HelmReleaseDeps,
): Promise<ReleaseState> {
  const draft = new ReleaseStatusDraft(attempt);
  const { lastAction, fields } = draft;
  try {
    const last = await storage.last(releaseKey(object).name, attempt.signal);
    draft.history = adopted(draft.history, last, object, chart, deps.algorithm);
    return determineState({
      last,
      history: draft.history,
      chart: chart.input,
      values,
      rendering:
        attempt.status.observedGeneration === object.metadata.generation ? undefined : rendering(object, fields, deps),
      tests: {
        enabled: object.spec.test?.enable === true,
        ignoreFailures: lastAction === undefined || remediationOf(object, lastAction).ignoreTestFailures,
      },
    });
  } catch (error) {
    attempt.signal.throwIfAborted();
    throw new Fault('retry', 'StateError', `Could not determine release state: ${errorMessage(error)}`, {
      cause: error,
      event: false,
    });
  }
}

function rendering({ spec }: HelmRelease, observed: ReleaseStatusDraft['fields'], { algorithm }: HelmReleaseDeps) {
  return {
    postRenderers: {
      wanted: postRenderersDigest(spec.postRenderers, algorithm),
      observed: observed.observedPostRenderersDigest ?? '',
    },
    commonMetadata: {
      wanted: commonMetadataDigest(spec.commonMetadata, algorithm),
      observed: observed.observedCommonMetadataDigest ?? '',
    },
  };
}
