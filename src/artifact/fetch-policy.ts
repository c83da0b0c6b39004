import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { ArtifactError } from './artifact-error.ts';

/** Where nothing is to be fetched from: link-local addresses and others, behind which clouds keep their instances' credentials. */
const forbidden = new BlockList();
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
forbidden.addSubnet('fe80::', 10, 'ipv6');
forbidden.addAddress('fd00:ec2::254', 'ipv6');
forbidden.addAddress('100.100.100.200', 'ipv4');

/**
 * The URL to fetch an artifact from, with the host replaced when `hostOverride` (`host:port`) is given, as Flux's
 * controllers do with SOURCE_CONTROLLER_LOCALHOST. Throws {@link ArtifactError} `Refused` unless it is a plain http
 * or https URL to an address that may hold artifacts: the URL comes from a status that others can write.
 */
export function artifactUrl(text: string, hostOverride?: string): URL {
  if (!URL.canParse(text)) throw new ArtifactError('Refused', 'the artifact has a malformed URL');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ArtifactError(
      'Refused',
      `the artifact's URL has the scheme '${url.protocol.slice(0, -1)}': expected http or https`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new ArtifactError('Refused', "the artifact's URL holds credentials");
  }
  if (hostOverride !== undefined && hostOverride !== '') url.host = hostOverride;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!isAllowedHost(host))
    throw new ArtifactError('Refused', `the artifact's URL names the link-local address ${host}`);
  return url;
}

/** A resolver for `net.connect` that leaves out forbidden addresses; with none left the connection fails. */
export const checkedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }).then(
    (found) => {
      const allowed = found.filter(({ address }) => isAllowedHost(address));
      const [first] = allowed;
      if (first === undefined) {
        callback(new ArtifactError('Refused', `the host '${hostname}' has only link-local addresses`), []);
      } else if (options.all === true) {
        callback(null, allowed);
      } else {
        callback(null, first.address, first.family);
      }
    },
    (error: NodeJS.ErrnoException) => callback(error, [] satisfies LookupAddress[]),
  );
};

/** Whether a host name (or an address, in brackets or not) may be reached as far as it tells by itself. */
export function isAllowedHost(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  const family = isIP(address);
  // BlockList sees through IPv4-mapped IPv6 addresses.
  return family === 0 || !forbidden.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
