import { lookup } from 'node:dns/promises';
import { withDeadline } from '../../lib/async.ts';
import { raceAbort } from '../../lib/single-flight.ts';

/** Finds the addresses of a host. */
export type HostAddresses = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

const lookupMs = 5000;
/** RFC 1035, section 2.3.4: longer names do not exist. */
const MAX_NAME = 253;

/**
 * The addresses that the machine's resolver knows of a host, in an order that is the same each time, for `getHostByName`
 * of templates (github.com/Masterminds/sprig, network.go, which takes one at random). Throws an Error for a host that has
 * none or is not found in time, as Helm fails then, and the reason of the signal.
 */
export async function hostAddresses(host: string, signal: AbortSignal): Promise<readonly string[]> {
  if (host === '' || host.length > MAX_NAME) throw new Error(`lookup of host ${host.slice(0, MAX_NAME)}: no such host`);
  try {
    const found = await raceAbort(lookup(host, { all: true }), withDeadline(signal, lookupMs));
    return found
      .toSorted((a, b) => a.family - b.family || (a.address < b.address ? -1 : 1))
      .map(({ address }) => address);
  } catch (error) {
    signal.throwIfAborted();
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new Error(`lookup of host ${host}: ${reasons[code] ?? 'no answer in time'}`, { cause: error });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such host',
  ENODATA: 'no such host',
  EAI_AGAIN: 'the resolver does not answer',
};
