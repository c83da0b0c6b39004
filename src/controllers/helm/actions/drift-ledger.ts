import { shortHash } from '../../../apply/fingerprint.ts';
import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import type { ActionContext } from './context.ts';

/** For what the ledger is asked whether it knows everything: the objects of a release. */
export function purposeOf({ name, namespace, manifest }: ReleaseRecord): string {
  return shortHash(JSON.stringify([name, namespace, manifest]));
}

/** All objects of the release are in the cluster as it has them. */
export function completeLedger(record: ReleaseRecord, { session }: ActionContext): void {
  session?.complete(purposeOf(record));
}
