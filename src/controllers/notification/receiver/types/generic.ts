import type { ReceiverType } from '../webhook-call.ts';

/** Anybody who knows the path. */
export const generic: ReceiverType = {
  documentation: 'https://fluxcd.io/flux/components/notification/receivers/#generic',
  verify: () => ({ about: 'a call' }),
};
