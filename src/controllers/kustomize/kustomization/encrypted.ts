import { ApplyError } from '../../../apply/apply-error.ts';
import { refOf, subjectOf } from '../../../apply/object-ref.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { isRecord } from '../../../lib/json.ts';
import { detectFormat } from '../../../sops/stores/format.ts';
import { isDecryptionDisabled } from '../decryption/decryption.ts';

/** How each value begins that SOPS has encrypted. */
const ciphertext = 'ENC[AES256_GCM,data:';

/**
 * Refuses Secrets that SOPS has encrypted, or a value of theirs, or a file that is a value of theirs: applied as they
 * are, a workload would start with ciphertext. Differs from Flux, which looks for metadata beside `data` alone: ADR 6.
 */
export function refuseEncrypted(objects: readonly KubeObject[]): void {
  const found = objects.find((object) => isEncryptedSecret(object) && !isDecryptionDisabled(object));
  if (found === undefined) return;
  const subject = subjectOf(refOf(found));
  const message = `${subject} is SOPS encrypted, configuring decryption is required for this secret to be reconciled`;
  throw new ApplyError(message, { step: 'apply' });
}

function isEncryptedSecret({ apiVersion, kind, sops, data, stringData }: KubeObject): boolean {
  if (apiVersion !== 'v1' || kind !== 'Secret') return false;
  if (isRecord(sops)) return true;
  const texts = (fields: unknown): readonly string[] =>
    isRecord(fields) ? Object.values(fields).filter((value) => typeof value === 'string') : [];
  return (
    texts(data).some((value) => value.startsWith(ciphertext) || isEncrypted(Buffer.from(value, 'base64'))) ||
    texts(stringData).some((value) => isEncrypted(Buffer.from(value)))
  );
}

function isEncrypted(value: Buffer): boolean {
  if (!value.includes(ciphertext)) return false;
  return value.indexOf(ciphertext) === 0 || detectFormat(value) !== undefined;
}
