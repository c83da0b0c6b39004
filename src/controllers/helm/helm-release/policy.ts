import { FINALIZER, HELM_FIELD_MANAGER } from '../../../crds/meta/names.ts';
import type { KindPolicy } from '../../../runtime/policies.ts';

/** helm-controller, internal/controller/helmrelease_controller.go. */
export const helmReleasePolicy: KindPolicy = {
  fieldManager: HELM_FIELD_MANAGER,
  finalizer: FINALIZER,
  retry: 'backoff',
  readyReason: 'InstallSucceeded',
  unexpectedReason: 'ReconciliationFailed',
  draftsReady: true,
  beginsReconciling: false,
  waitingEvents: {},
  unobservedReasons: [],
  successEvent: false,
  guardedFields: ['history'],
  notableFields: [],
};
