import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import { parseDuration } from '../../../lib/duration.ts';
import { Fault } from '../../../runtime/fault.ts';
import { invalidDuration, isDuration } from '../../../runtime/spec-durations.ts';
import { shortReleaseName } from './release-name.ts';

/** What a HelmRelease that says nothing gets (helm-controller api/v2, GetTimeout, GetMaxHistory, GetRetryInterval). */
const TIMEOUT_MS = 300_000;
const MAX_HISTORY = 5;
const RETRY_INTERVAL_MS = 300_000;
/** Go's longest duration, about 292 years, in milliseconds: what a longer one is taken for. */
const LONGEST_MS = 9_223_372_036_854;

type Spec = HelmRelease['spec'];

/** The Helm actions that have options, and a timeout, of their own. */
export type ActionSpec = 'install' | 'upgrade' | 'rollback' | 'uninstall' | 'test';

/** Throws a stalled fault that names a duration which is too long to be one; see {@link invalidDuration}. */
export function refuseDurations({ spec }: HelmRelease): void {
  const problem = invalidDuration(spec, ['interval', 'timeout']);
  if (problem !== undefined) throw new Fault('stalled', 'ReconciliationFailed', problem);
}

function durationMs(text: string): number {
  return isDuration(text) ? parseDuration(text) : LONGEST_MS;
}

/** `spec.interval` in milliseconds. */
export function intervalMs({ spec }: HelmRelease): number {
  return durationMs(spec.interval);
}

/** The timeout of an action in milliseconds: its own, else that of the spec, else five minutes. */
export function timeoutMs({ spec }: HelmRelease, action?: ActionSpec): number {
  const text = (action === undefined ? undefined : spec[action]?.timeout) ?? spec.timeout;
  return text === undefined ? TIMEOUT_MS : durationMs(text);
}

/** `spec.maxHistory`; 0 keeps all. */
export function maxHistory({ spec }: HelmRelease): number {
  return spec.maxHistory ?? MAX_HISTORY;
}

/** The release's name before it is shortened, as messages of failures show it. */
export function releaseName({ metadata, spec }: HelmRelease): string {
  if (spec.releaseName !== undefined && spec.releaseName !== '') return spec.releaseName;
  return spec.targetNamespace ? `${spec.targetNamespace}-${metadata.name}` : metadata.name;
}

/** The release that Helm knows: at most 53 characters of a name, and its namespace. */
export function releaseKey(object: HelmRelease): { readonly name: string; readonly namespace: string } {
  return { name: shortReleaseName(releaseName(object)), namespace: releaseNamespace(object) };
}

/** The namespace of the release, and of objects of the chart that name none. */
export function releaseNamespace({ metadata, spec }: HelmRelease): string {
  return spec.targetNamespace || metadata.namespace;
}

/** The namespace of the Secrets in which Helm keeps the history. */
export function storageNamespace({ metadata, spec }: HelmRelease): string {
  return spec.storageNamespace || metadata.namespace;
}

/** The HelmChart that is made for `spec.chart`; undefined with `spec.chartRef`. */
export function chartKey({ metadata, spec }: HelmRelease): Required<ObjectKey> | undefined {
  if (spec.chart === undefined) return undefined;
  return {
    namespace: spec.chart.spec.sourceRef.namespace || metadata.namespace,
    name: `${metadata.namespace}-${metadata.name}`,
  };
}

export type SourceKind = NonNullable<Spec['chartRef']>['kind'];

/** The object whose artifact is the chart. */
export function sourceKey(object: HelmRelease): Required<ObjectKey> & { readonly kind: SourceKind } {
  const { chartRef } = object.spec;
  if (chartRef !== undefined) {
    const { kind, name, namespace } = chartRef;
    return { kind, name, namespace: namespace || object.metadata.namespace };
  }
  return { kind: 'HelmChart', ...(chartKey(object) ?? { namespace: object.metadata.namespace, name: '' }) };
}

/** The HelmReleases that `spec.dependsOn` names, with their namespaces filled in. */
export function dependencyKeys({ metadata, spec }: HelmRelease): readonly Required<ObjectKey>[] {
  return (spec.dependsOn ?? []).map(({ name, namespace }) => ({ name, namespace: namespace || metadata.namespace }));
}

/** Whether live objects are compared with what was released, and whether differences are undone. */
export function driftMode({ spec }: HelmRelease): 'enabled' | 'warn' | 'disabled' {
  return spec.driftDetection?.mode ?? 'disabled';
}

/** The action whose options decide what follows a failure: the last one that made a release. */
export type ReleaseAction = 'install' | 'upgrade';

/** How a failed action is remedied, and how often (helm-controller api/v2, Remediation). */
export interface Remediation {
  readonly strategy: 'rollback' | 'uninstall';
  /** Below 0: without end. */
  readonly retries: number;
  readonly ignoreTestFailures: boolean;
  readonly remediateLastFailure: boolean;
}

/** `spec.install.remediation` or `spec.upgrade.remediation`, with what they default to. */
export function remediationOf({ spec }: HelmRelease, action: ReleaseAction): Remediation {
  const ignoreFailures = spec.test?.ignoreFailures ?? false;
  if (action === 'install') {
    const { retries = 0, ignoreTestFailures, remediateLastFailure = false } = spec.install?.remediation ?? {};
    return {
      strategy: 'uninstall',
      retries,
      ignoreTestFailures: ignoreTestFailures ?? ignoreFailures,
      remediateLastFailure,
    };
  }
  const { retries = 0, ignoreTestFailures, remediateLastFailure, strategy } = spec.upgrade?.remediation ?? {};
  return {
    strategy: strategy ?? 'rollback',
    retries,
    ignoreTestFailures: ignoreTestFailures ?? ignoreFailures,
    remediateLastFailure: remediateLastFailure ?? retries > 0,
  };
}

/**
 * When a failed action is tried again without remedy (`RetryOnFailure`), in milliseconds; undefined for the strategy that
 * remedies. `byDefault`: the feature gate DefaultToRetryOnFailure.
 */
export function retryIntervalMs({ spec }: HelmRelease, action: ReleaseAction, byDefault: boolean): number | undefined {
  const strategy = spec[action]?.strategy;
  if (strategy === undefined) return byDefault ? RETRY_INTERVAL_MS : undefined;
  if (strategy.name !== 'RetryOnFailure') return undefined;
  return strategy.retryInterval === undefined ? RETRY_INTERVAL_MS : durationMs(strategy.retryInterval);
}
