import { ApiError, type StatusCause } from '../kube/errors.ts';

/** Texts of webhooks and CEL rules about immutable fields (fluxcd/pkg ssa/errors/immutable.go). */
const immutableTexts = /is\simmutable|immutable\sfield/;

/**
 * Whether the API server may have refused an update because of an immutable field: everything invalid, and messages
 * that say so. Differs from Flux (docs/adr/0010): a conflict (409) is none; re-creating an object because somebody
 * else was faster would be an outage.
 */
export function isImmutableError(error: unknown): error is ApiError {
  if (!(error instanceof ApiError) || (error.isConflict && !immutableTexts.test(error.message))) return false;
  return error.isInvalid || immutableTexts.test(error.message);
}

/**
 * Whether an object that was refused as an update would be refused as a new object too, for the same fields: then
 * it is simply invalid, and deleting the live one to re-create it would only lose it.
 */
export function isRefusedAsNew(asUpdate: ApiError, asNew: unknown): boolean {
  if (!(asNew instanceof ApiError && asNew.isInvalid && asUpdate.isInvalid)) return false;
  const fields = causesOf(asNew);
  const wanted = causesOf(asUpdate);
  return wanted.size > 0 && [...wanted].every((cause) => fields.has(cause));
}

function causesOf(error: ApiError): ReadonlySet<string> {
  return new Set((error.details?.causes ?? []).map(({ field, type }: StatusCause) => `${field} ${type}`));
}
