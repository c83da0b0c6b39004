import { randomBytes } from 'node:crypto';
import type { Host } from '../engines/helm/host.ts';
import { helmCrypto } from './helm-crypto.ts';

/** The machine, as the functions of templates ask for it. Nothing is looked up anywhere. */
export const machineHost: Host = {
  now: () => performance.timeOrigin + performance.now(),
  random: (count) => randomBytes(count),
  crypto: helmCrypto,
};
