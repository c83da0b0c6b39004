import { BlockList, isIP } from 'node:net';
import { machine } from '../auth/address-guard.ts';
import { OciError } from './oci-error.ts';

function privateAddresses(): BlockList {
  const list = new BlockList();
  list.addSubnet('10.0.0.0', 8, 'ipv4');
  list.addSubnet('172.16.0.0', 12, 'ipv4');
  list.addSubnet('192.168.0.0', 16, 'ipv4');
  list.addSubnet('224.0.0.0', 24, 'ipv4');
  list.addSubnet('fc00::', 7, 'ipv6');
  list.addSubnet('ff02::', 16, 'ipv6');
  return list;
}

const privateRanges = privateAddresses();

/** Whether the host is the machine itself, by its name: who names a registry there may be sent elsewhere there. */
export function isLoopback(hostname: string): boolean {
  const bare = unbracketed(hostname);
  return bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1' || /^127\.\d+\.\d+\.\d+$/.test(bare);
}

/**
 * Refuses hosts that a registry has no business to send us to: the machine, and addresses in private networks
 * (go-containerregistry pkg/v1/remote/fetcher.go, checkRedirectSSRF). `what` names the way in which we were sent.
 * Throws `RedirectRefused`.
 */
export function checkForeignHost(url: URL, what: string): void {
  const bare = unbracketed(url.hostname);
  const family = isIP(bare);
  const inside = family !== 0 && privateRanges.check(bare, family === 6 ? 'ipv6' : 'ipv4');
  if (inside || machine.refusal(bare) !== undefined) {
    throw new OciError('RedirectRefused', `${what} "${url.hostname}" is a private or link-local address`);
  }
}

function unbracketed(hostname: string): string {
  return hostname.toLowerCase().replace(/^\[|\]$/g, '');
}

/**
 * Whether a registry may be asked in clear without being asked to: one on this machine, or named by an address in a
 * private network, as Docker has it (go-containerregistry pkg/name/registry.go, Scheme).
 */
export function mayBePlain(registry: string): boolean {
  const { hostname } = new URL(`https://${registry}`);
  const bare = unbracketed(hostname);
  return isLoopback(hostname) || (isIP(bare) === 4 && privateRanges.check(bare, 'ipv4') && !bare.startsWith('224.'));
}
