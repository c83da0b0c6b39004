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

function guard(list: BlockList, what: string): AddressGuard {
  const isRefused = (address: string): boolean => {
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
  const text = (host: string): string => `${host} is ${what}, which is not allowed here`;
  return {
    refusal: (hostname) => (isRefused(hostname.replace(/^\[|\]$/g, '')) ? text(hostname) : undefined),
    lookup(hostname, options, callback) {
      lookup(hostname, { ...options, all: true }, (error, addresses) => {
        if (error !== null) return callback(error, '');
        const allowed = addresses.filter(({ address }) => !isRefused(address));
        const [first] = allowed;
        if (first === undefined) return callback(new Error(text(hostname)), '');
        if (options.all === true) return callback(null, allowed);
        callback(null, first.address, first.family);
      });
    },
  };
}

/** Refuses the machine itself, and what tells it who it is in a cloud. */
export const machine: AddressGuard = guard(machineAddresses(), 'an address of the machine itself');

/** Refuses what tells machines who they are in a cloud. */
export const metadataServices: AddressGuard = guard(metadataAddresses(), 'an address of a metadata service');
