import { InvalidArgumentError } from 'commander';
import { metadataServicesAnd } from '../../../auth/address-guard.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { type Flag, listFlag } from '../../../runtime/flag-types.ts';

/** A list of ranges of addresses, such as `10.0.0.0/8`. */
export function addressRangesFlag(name: string, description: string): Flag<readonly string[]> {
  const list = listFlag(name, description);
  return {
    ...list,
    parse(text, before) {
      const ranges = list.parse(text, before);
      try {
        metadataServicesAnd(ranges);
      } catch (error) {
        throw new InvalidArgumentError(errorMessage(error));
      }
      return ranges;
    },
  };
}
