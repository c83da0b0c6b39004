import type { DigestAlgorithm } from '../../../artifact/digest.ts';
import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import type { Condition } from '../../../crds/meta/condition.ts';
import type { Reason } from '../../../crds/meta/reasons.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { findCondition } from '../../../runtime/conditions.ts';
import { commonMetadataDigest, postRenderersDigest } from './digests.ts';

/**
 * Ready, told from the conditions of what was done: the newest counts, and among those of one generation the remedy before
 * the tests before the release. A remedy is no success. Also remembers what the spec says of rendering, as that which was
 * used (internal/reconcile/release.go, summarize).
 */
export function summarize(object: HelmRelease, attempt: AttemptContext, algorithm: DigestAlgorithm): void {
  const { test, postRenderers, commonMetadata } = object.spec;
  const testing = test?.enable === true;
  if (!testing) attempt.record({}, [{ type: 'TestSuccess', status: 'absent' }]);
  const counted = ['Remediated', ...(testing && test.ignoreFailures !== true ? ['TestSuccess'] : []), 'Released'];
  const chief = chiefOf(attempt.status.conditions ?? [], counted);
  if (chief !== undefined) {
    const status = chief.type === 'Remediated' ? 'False' : chief.status;
    attempt.record({}, [
      ...(status === 'True' ? [{ type: 'Stalled', status: 'absent' } as const] : []),
      // Reasons that are read are those that were written here, or by Flux.
      { type: 'Ready', status, reason: chief.reason as Reason, message: chief.message },
    ]);
  }
  attempt.record({
    observedPostRenderersDigest: postRenderersDigest(postRenderers, algorithm) || undefined,
    observedCommonMetadataDigest: commonMetadataDigest(commonMetadata, algorithm) || undefined,
  });
}

function chiefOf(conditions: readonly Condition[], types: readonly string[]): Condition | undefined {
  const present = types.flatMap((type) => findCondition(conditions, type) ?? []);
  const newest = Math.max(...present.map(({ observedGeneration = 0 }) => observedGeneration));
  return present.find(({ observedGeneration = 0 }) => observedGeneration === newest);
}
