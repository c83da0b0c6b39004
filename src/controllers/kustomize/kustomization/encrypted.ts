import { ApplyError } from '../../../apply/apply-error.ts';
import { refOf, subjectOf } from '../../../apply/object-ref.ts';
import { DISABLED, KUSTOMIZE_DECRYPT } from '../../../crds/meta/names.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { isRecord } from '../../../lib/json.ts';

/**
 * Refuses Secrets that SOPS has encrypted, whichever field carries their values: applied as they are, a workload would
 * start with ciphertext. Differs from Flux, which looks at `data` alone: ADR 6.
 */
export function refuseEncrypted(objects: readonly KubeObject[]): void {
  const found = objects.find((object) => isEncryptedSecret(object) && !isDecryptionDisabled(object));
  if (found === undefined) return;
  const subject = subjectOf(refOf(found));
  const message = `${subject} is SOPS encrypted, configuring decryption is required for this secret to be reconciled`;
  throw new ApplyError(message, { step: 'apply' });
}

function isEncryptedSecret({ apiVersion, kind, sops }: KubeObject): boolean {
  return apiVersion === 'v1' && kind === 'Secret' && isRecord(sops);
}

function isDecryptionDisabled({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[KUSTOMIZE_DECRYPT]?.toLowerCase() === DISABLED;
}
