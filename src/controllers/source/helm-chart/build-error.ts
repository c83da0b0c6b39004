import type { Reason } from '../../../crds/meta/reasons.ts';

/** What a build may fail for, with the words that a message begins with (internal/helm/chart/errors.go). */
const summaries = {
  InvalidChartReference: 'invalid chart reference',
  ChartPullError: 'chart pull error',
  MetadataPatchError: 'chart metadata patch error',
  ValuesFilesError: 'values files merge error',
  DependencyBuildError: 'dependency build error',
  ChartPackageError: 'chart package error',
  Unknown: 'unknown build error',
} as const satisfies Partial<Record<Reason, string>>;

export type BuildErrorReason = keyof typeof summaries;

/** A chart could not be built. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
  readonly reason: BuildErrorReason;
  /** It is the credentials or certificates that were refused. */
  readonly isAuthentication: boolean;

  constructor(
    reason: BuildErrorReason,
    problem: string,
    options: { cause?: unknown; isAuthentication?: boolean } = {},
  ) {
    super(`${summaries[reason]}: ${problem}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.isAuthentication = options.isAuthentication ?? false;
  }
}
