import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Keeps connections whose address a user chose away from where no user has business. */
export interface AddressGuard {
  /** Why a host (a name, or an address as URLs have it) is refused; undefined when it is not by its looks. */
  refusal(hostname: string): string | undefined;
  /** Looks names up as Node does, and refuses those that lead to refused addresses, also when asked a second time. */
  readonly lookup: LookupFunction;
}

/** Where clouds tell machines who they are: link-local, and what some have elsewhere. */
function metadataAddresses(): BlockList {
  const list = new BlockList();
  list.addSubnet('169.254.0.0', 16, 'ipv4');
  list.addAddress('100.100.100.200', 'ipv4');
  list.addAddress('168.63.129.16', 'ipv4');
  list.addSubnet('fe80::', 10, 'ipv6');
  list.addSubnet('fd00:ec2::', 32, 'ipv6');
  return list;
}

function machineAddresses(): BlockList {
  const list = metadataAddresses();
  list.addSubnet('0.0.0.0', 8, 'ipv4');
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('::', 'ipv6');
  list.addAddress('::1', 'ipv6');
  return list;
}

function isIn(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** `why` tells of an address why it is refused, or undefined. */
function guard(why: (address: string) => string | undefined): AddressGuard {
  const text = (host: string, reason: string): string => `${host} is ${reason}, which is not allowed here`;
  return {
    refusal(hostname) {
      const reason = why(hostname.replace(/^\[|\]$/g, ''));
      return reason === undefined ? undefined : text(hostname, reason);
    },
    lookup(hostname, options, callback) {
      lookup(hostname, { ...options, all: true }, (error, addresses) => {
        if (error !== null) return callback(error, '');
        const allowed = addresses.filter(({ address }) => why(address) === undefined);
        const [first] = allowed;
        const reason = addresses.map(({ address }) => why(address)).find((one) => one !== undefined);
        if (first === undefined) return callback(new Error(text(hostname, reason ?? 'a name without an address')), '');
        if (options.all === true) return callback(null, allowed);
        callback(null, first.address, first.family);
      });
    },
  };
}

function guardOf(list: BlockList, what: string): AddressGuard {
  return guard((address) => (isIn(list, address) ? what : undefined));
}

const metadataList = metadataAddresses();
const metadataText = 'an address of a metadata service';

/** Refuses the machine itself, and what tells it who it is in a cloud. */
export const machine: AddressGuard = guardOf(machineAddresses(), 'an address of the machine itself');

/** Refuses what tells machines who they are in a cloud. */
export const metadataServices: AddressGuard = guardOf(metadataList, metadataText);

/**
 * Refuses what {@link metadataServices} refuses, and the addresses of these ranges (`10.0.0.0/8`, `fd00::/8`). Throws
 * RangeError when one is no range.
 */
export function metadataServicesAnd(ranges: readonly string[]): AddressGuard {
  const list = new BlockList();
  for (const range of ranges) addRange(list, range);
  return guard((address) => {
    if (isIn(metadataList, address)) return metadataText;
    return isIn(list, address) ? 'in a range that is denied' : undefined;
  });
}

function addRange(list: BlockList, range: string): void {
  const [, address = '', bits = ''] = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(range) ?? [];
  const family = isIP(address);
  if (family === 0 || Number(bits) > (family === 6 ? 128 : 32)) {
    throw new RangeError(`expected a range of addresses such as 10.0.0.0/8, got '${range}'`);
  }
  list.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
}
