import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { hasDigest } from './digests.ts';
import { ReleaseStatusDraft } from './release-status.ts';
import { isRequested } from './requests.ts';
import type { ReleaseRun } from './runs.ts';
import { storageNamespace } from './spec.ts';

/**
 * Notes what is about to be released. Failures of something else are forgotten: of another generation, chart or values, or
 * when somebody asks for that (internal/action/reset.go, MustResetFailures, and its use in reconcileRelease).
 */
export function recordAttempt(object: HelmRelease, run: ReleaseRun, attempt: AttemptContext): void {
  const draft = new ReleaseStatusDraft(attempt);
  const { chart, values } = run;
  const before = draft.fields;
  const isAsked = isRequested(object, attempt, 'resetAt');
  const isOther =
    before.lastAttemptedGeneration !== object.metadata.generation ||
    before.lastAttemptedRevision !== chart.input.version ||
    (before.lastAttemptedConfigDigest !== undefined && !hasDigest(before.lastAttemptedConfigDigest, values));
  if (isOther || isAsked) draft.clearFailures();
  attempt.record({
    storageNamespace: storageNamespace(object),
    lastAttemptedGeneration: object.metadata.generation,
    lastAttemptedRevision: chart.input.version,
    lastAttemptedRevisionDigest: chart.ociDigest || undefined,
    lastAttemptedConfigDigest: chart.configDigest,
    lastAttemptedValuesChecksum: undefined,
    lastReleaseRevision: undefined,
  });
}
