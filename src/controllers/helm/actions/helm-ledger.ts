import type { Ledger } from '../../../apply/ledger/ledger.ts';
import { type OwnerLedgerOptions, ownerLedger } from '../../../apply/ledger/owner-ledger.ts';
import { HELM_FIELD_MANAGER, HELM_GROUP } from '../../../crds/meta/names.ts';

/**
 * The ledger of what releases have applied. What drift is corrected by, and what releases without server-side apply
 * are made by, are ordinary writes: these are ours too.
 */
export function helmLedger(options: Pick<OwnerLedgerOptions, 'clock' | 'find' | 'wake'>): Ledger {
  return ownerLedger({
    ...options,
    rules: {
      fieldManager: HELM_FIELD_MANAGER,
      ownerGroup: HELM_GROUP,
      isReplaced: ({ manager, operation }) => manager === HELM_FIELD_MANAGER && operation === 'Update',
      migrateApiVersion: false,
    },
  });
}
