import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { requestedAt } from '../../../runtime/predicates.ts';

const fields = { forceAt: 'lastHandledForceAt', resetAt: 'lastHandledResetAt' } as const;

/**
 * Whether somebody asks, by the annotation `reconcile.fluxcd.io/forceAt` or `resetAt`, for what was not done yet: it has to
 * have the value of `requestedAt`. Asked once, it is remembered as handled (pkg/apis/meta, HandleAnnotationRequest).
 */
export function isRequested(object: HelmRelease, attempt: AttemptContext, what: keyof typeof fields): boolean {
  const asked = object.metadata.annotations?.[`reconcile.fluxcd.io/${what}`];
  if (asked === undefined) return false;
  const field = fields[what];
  const handled = attempt.status[field];
  attempt.record({ [field]: asked });
  return asked === requestedAt(object) && attempt.status.lastHandledReconcileAt !== asked && handled !== asked;
}
