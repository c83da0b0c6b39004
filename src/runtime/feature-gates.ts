import { InvalidArgumentError } from 'commander';
import type { Flag } from './flag-types.ts';

/** Feature gates with whether they are on. */
export type FeatureGates<N extends string = string> = Readonly<Record<N, boolean>>;

/** Gates of every controller (fluxcd/pkg runtime/controller/features.go, auth/feature_gates.go). */
const sharedGates = { CacheSecretsAndConfigMaps: false, ObjectLevelWorkloadIdentity: false } as const;

/** source-controller internal/features/features.go. */
export const sourceGates = { ...sharedGates } as const;

/** kustomize-controller internal/features/features.go. */
export const kustomizeGates = {
  ...sharedGates,
  AdditiveCELDependencyCheck: false,
  CancelHealthCheckOnNewRevision: false,
  DirectSourceFetch: false,
  DisableConfigWatchers: false,
  DisableFailFastBehavior: false,
  DisableStatusPollerCache: true,
  ExternalArtifact: false,
  GroupChangeLog: false,
  MigrateAPIVersion: false,
  StrictPostBuildSubstitutions: true,
} as const;

/**
 * helm-controller internal/features/features.go. Those that Flux ignores, or that its Go runtime needs, are known so that
 * nobody's flags are refused: AdoptLegacyReleases, CorrectDrift, DetectDrift, OOMWatch.
 */
export const helmGates = {
  ...sharedGates,
  AdditiveCELDependencyCheck: false,
  AdoptLegacyReleases: false,
  AllowDNSLookups: false,
  CancelHealthCheckOnNewRevision: false,
  CorrectDrift: false,
  DefaultToRetryOnFailure: false,
  DetectDrift: false,
  DirectSourceFetch: false,
  DisableChartDigestTracking: false,
  DisableConfigWatchers: false,
  ExternalArtifact: false,
  OOMWatch: false,
  UseHelm3Defaults: false,
} as const;

/** notification-controller internal/features/features.go. */
export const notificationGates = { ...sharedGates, DisableConfigWatchers: false } as const;

/** The flag `--feature-gates=Name=true,Other=false`; gates that are not named keep their defaults. */
export function featureGatesFlag<const N extends string>(defaults: FeatureGates<N>): Flag<FeatureGates<N>> {
  const names = Object.keys(defaults).sort();
  const shown = names.map((name) => `${name}=${defaults[name as N]}`).join(', ');
  return {
    name: 'feature-gates',
    takes: 'name=bool,...',
    default: defaults,
    defaultText: '',
    description: `A comma separated list of key=value pairs defining the state of experimental features. Known, with their defaults: ${shown}.`,
    parse: (text, before = defaults) => parseFeatureGates(text, before),
  };
}

/** Throws InvalidArgumentError on a gate that is not known, and on a value that is neither true nor false. */
export function parseFeatureGates<N extends string>(text: string, from: FeatureGates<N>): FeatureGates<N> {
  const gates: Record<string, boolean> = { ...from };
  for (const pair of text.split(',')) {
    if (pair.trim() === '') continue;
    const [name = '', value = '', ...rest] = pair.split('=').map((part) => part.trim());
    if (!Object.hasOwn(from, name)) {
      throw new InvalidArgumentError(
        `feature-gate '${name}' not supported. Known: ${Object.keys(from).sort().join(', ')}.`,
      );
    }
    if (rest.length > 0 || !/^(true|false)$/i.test(value)) {
      throw new InvalidArgumentError(`Expected ${name}=true or ${name}=false.`);
    }
    gates[name] = value.toLowerCase() === 'true';
  }
  return gates as FeatureGates<N>;
}
