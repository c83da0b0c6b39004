import { type HttpProxy, ProxyError } from './http-agents.ts';

const maxLength = 2048;
const schemes = ['http', 'https', 'socks5'];

/**
 * The proxy that a Secret describes: its `address`, `username` and `password`. `about` names the Secret in messages:
 * `secret 'namespace/name'`. Throws ProxyError in upstream's words (fluxcd/pkg runtime/secrets/converter.go,
 * ProxyURLFromSecret), without the address.
 */
export function proxyOfSecret(secret: ReadonlyMap<string, Buffer>, about: string): HttpProxy {
  const address = secret.get('address')?.toString('utf8').trim();
  const username = secret.get('username')?.toString('utf8');
  const password = secret.get('password')?.toString('utf8');
  if (address === undefined) throw new ProxyError(`${about}: key 'address' not found`);
  if (address === '') throw new ProxyError(`${about}: proxy address is empty`);
  if (address.length > maxLength)
    throw new ProxyError(`${about}: proxy URL exceeds maximum length of ${maxLength} characters`);
  if (!URL.canParse(address)) throw new ProxyError(`${about}: failed to parse proxy address`);
  const scheme = new URL(address).protocol.slice(0, -1);
  if (!schemes.includes(scheme)) {
    const all = schemes.join(', ');
    throw new ProxyError(`${about}: proxy URL must use one of the supported schemes (${all}), got '${scheme}'`);
  }
  return {
    url: address,
    ...(username === undefined ? {} : { username }),
    ...(username === undefined || password === undefined ? {} : { password }),
  };
}
