import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import { absent } from '../source-status.ts';
import { BuildError, type BuildErrorReason } from './build-error.ts';

/** What is wrong with the chart, and not with getting it: the condition is BuildFailed then. */
const ofTheBuild: readonly BuildErrorReason[] = [
  'MetadataPatchError',
  'ValuesFilesError',
  'DependencyBuildError',
  'ChartPackageError',
];

/** Only another spec or another source helps. */
const persistent: readonly BuildErrorReason[] = ['InvalidChartReference', 'MetadataPatchError', 'ValuesFilesError'];

/**
 * What a failed build means for the object: one of the conditions FetchFailed and BuildFailed is set and the other
 * taken away (helmchart_controller.go, reconcileSource and observeChartBuild). What is no such failure comes back as it is.
 */
export function buildFault(error: unknown, attempt: AttemptContext): unknown {
  if (error instanceof BuildError) {
    if (error.isAuthentication) {
      const message = `failed to authenticate with the Helm repository: ${error.message}`;
      return unknownFault(new Fault('retry', 'AuthenticationFailed', message, { cause: error }), attempt);
    }
    const condition = ofTheBuild.includes(error.reason) ? 'BuildFailed' : 'FetchFailed';
    attempt.record({}, [absent('FetchFailed'), absent('BuildFailed')]);
    const faultClass = persistent.includes(error.reason) ? 'stalled' : 'retry';
    return new Fault(faultClass, error.reason, error.message, { cause: error, condition });
  }
  return error instanceof Fault ? unknownFault(error, attempt) : error;
}

/** Upstream counts everything else as a build that failed for unknown reasons; the event has the reason. */
function unknownFault({ faultClass, reason, message, options: { cause } }: Fault, attempt: AttemptContext): Fault {
  attempt.record({}, [
    absent('BuildFailed'),
    { type: 'FetchFailed', status: 'True', reason: 'Unknown', message: `unknown build error: ${message}` },
  ]);
  return new Fault(faultClass, reason, message, cause === undefined ? {} : { cause });
}
