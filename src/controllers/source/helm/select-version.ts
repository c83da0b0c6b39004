import { parseSemverRange } from '../../../lib/semver-range.ts';
import { compareVersions, parseTagVersion, type Version } from '../../../lib/semver-version.ts';

/** A version that there is, and when it was made. */
export interface Candidate {
  readonly version: string;
  /** Milliseconds since the epoch; decides among versions that differ in their metadata only. */
  readonly created?: number;
}

/**
 * The candidate that `wanted` means: the one that is written just so, else the highest in the range; undefined when there
 * is none. An empty text and `*` mean the highest that is no prerelease. Throws RangeError for what is no range
 * (internal/helm/repository/chart_repository.go, getChartVersion; oci_chart_repository.go).
 */
export function selectVersion<T extends Candidate>(candidates: readonly T[], wanted: string): T | undefined {
  const exact = wanted === '' ? undefined : candidates.find(({ version }) => version === wanted);
  if (exact !== undefined) return exact;
  const range = parseSemverRange(wanted === '' ? '*' : wanted);
  let best: { readonly candidate: T; readonly version: Version } | undefined;
  for (const candidate of candidates) {
    const version = parseTagVersion(candidate.version);
    if (version === undefined || !range.includes(version)) continue;
    const order = best === undefined ? 1 : compareVersions(version, best.version);
    if (order > 0 || (order === 0 && (candidate.created ?? 0) > (best?.candidate.created ?? 0)))
      best = { candidate, version };
  }
  return best?.candidate;
}
