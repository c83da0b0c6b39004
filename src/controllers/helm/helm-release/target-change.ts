import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { latestOf } from './history.ts';
import { ReleaseStatusDraft } from './release-status.ts';
import { releaseKey, storageNamespace } from './spec.ts';

/**
 * Why the release that the status knows is not the one that the spec names, so that it has to be uninstalled first;
 * undefined when it is (internal/action/verify.go, ReleaseTargetChanged).
 */
export function whyTargetChanged(object: HelmRelease, chartName: string, attempt: AttemptContext): string | undefined {
  const { fields, history } = new ReleaseStatusDraft(attempt);
  const current = latestOf(history);
  if (fields.storageNamespace === undefined || current === undefined) return undefined;
  const { name, namespace } = releaseKey(object);
  if (storageNamespace(object) !== fields.storageNamespace) return 'storage namespace';
  if (namespace !== current.namespace) return 'release namespace';
  if (name !== current.name) return 'release name';
  const reinstalls = object.spec.upgrade?.chartNameChangeStrategy !== 'InPlaceUpdate';
  return chartName !== current.chartName && reinstalls ? 'chart name' : undefined;
}
