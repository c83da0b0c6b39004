import type { DigestAlgorithm } from '../../../artifact/digest.ts';
import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import { isRecord } from '../../../lib/json.ts';
import { valuesDigest } from './digests.ts';
import { type History, latestOf } from './history.ts';
import { isMadeFor } from './made-for.ts';
import type { RunChart } from './runs.ts';
import { isRecordOf, snapshotOf } from './snapshot.ts';

/** What Helm says of a release that it has just made. */
const made: Readonly<Record<string, 'install' | 'upgrade'>> = {
  'Install complete': 'install',
  'Upgrade complete': 'upgrade',
};

/**
 * The history with a release in it that a process of ours made, and was killed before it could say so: of this object, from
 * this chart and these values, and newer than what the history has. Anybody else's release leaves it as it is: that is
 * upgraded. Pure. Differs from Flux, which upgrades its own as well (ADR 32).
 */
export function adopted(
  history: History,
  last: ReleaseRecord | undefined,
  object: HelmRelease,
  { input, ociDigest, configDigest }: RunChart,
  algorithm: DigestAlgorithm,
): History {
  // Without a storage namespace nothing was ever released for this object.
  if (last === undefined || object.status?.storageNamespace === undefined) return history;
  const action = made[last.info.description];
  const current = latestOf(history);
  const isKnown = current !== undefined && isRecordOf(last, current);
  if (action === undefined || last.info.status !== 'deployed' || isKnown || !isMadeFor(last, object)) return history;
  if (current !== undefined && last.version !== current.version + 1) return history;
  const metadata = isRecord(last.chart['metadata']) ? last.chart['metadata'] : {};
  const isWanted =
    metadata['name'] === input.name &&
    metadata['version'] === input.version &&
    valuesDigest(last.config, algorithm) === configDigest;
  return isWanted ? [snapshotOf(last, { ociDigest, action, algorithm }), ...history] : history;
}
