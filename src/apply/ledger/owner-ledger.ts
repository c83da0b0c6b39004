import type { ObjectKey } from '../../kube/object.ts';
import type { Clock } from '../../lib/clock.ts';
import { Ledger } from './ledger.ts';
import type { SightingRules } from './sighting.ts';

export interface OwnerLedgerOptions {
  readonly clock: Clock;
  readonly rules: SightingRules;
  /** What matters of an owner; undefined when there is none of the name. */
  find(key: Required<ObjectKey>):
    | {
        readonly suspended: boolean;
        /** The longest pause between two corrections of one of its objects, in milliseconds. */
        readonly maxPauseMs: number;
      }
    | undefined;
  /** Has an owner looked at again, now. */
  wake(key: Required<ObjectKey>): void;
}

/** A ledger of what objects of one kind have applied: it wakes those whose objects are changed by somebody else. */
export function ownerLedger({ clock, rules, find, wake }: OwnerLedgerOptions): Ledger {
  return new Ledger({
    clock,
    rules,
    wake(owner) {
      const key = keyOfOwner(owner);
      if (find(key)?.suspended !== true) wake(key);
    },
    maxPauseMs: (owner) => find(keyOfOwner(owner))?.maxPauseMs ?? 0,
  });
}

function keyOfOwner(owner: string): Required<ObjectKey> {
  const slash = owner.indexOf('/');
  return { namespace: owner.slice(0, slash), name: owner.slice(slash + 1) };
}
