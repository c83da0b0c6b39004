import type { Snapshot } from './snapshot.ts';

type Metadata = Readonly<Record<string, string>>;

/** What the events of a release carry of its chart and values; keys without the group's prefix (release.go, eventMeta). */
export function eventMetadata(of: {
  readonly chartVersion: string;
  readonly configDigest: string;
  readonly appVersion?: string;
  readonly ociDigest?: string;
}): Metadata {
  const all = {
    revision: of.chartVersion,
    token: of.configDigest,
    'app-version': of.appVersion ?? '',
    'oci-digest': of.ociDigest ?? '',
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}

/** The same for a release that was made. */
export function snapshotMetadata(snapshot: Snapshot): Metadata {
  return eventMetadata(snapshot);
}
