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
 * Whether something that was refused as an update would be refused in a new object too: a field that is wrong either
 * way is invalid, not immutable, and deleting the live object to re-create it would only lose it. What only the new
 * object is refused for (a port that the live one holds) does not count.
 */
export function isRefusedAsNew(asUpdate: ApiError, asNew: unknown): boolean {
  if (!(asNew instanceof ApiError && asNew.isInvalid && asUpdate.isInvalid)) return false;
  return !causesOf(asUpdate).isDisjointFrom(causesOf(asNew));
}

function causesOf(error: ApiError): ReadonlySet<string> {
  return new Set((error.details?.causes ?? []).map(({ field, type }: StatusCause) => `${field} ${type}`));
}
