import { requireSignature } from '../signature.ts';
import { header, type ReceiverType } from '../webhook-call.ts';

/** Anybody who can sign with the token. */
export const genericHmac: ReceiverType = {
  documentation: 'https://fluxcd.io/flux/components/notification/receivers/#generic-hmac',
  verify(call, { credentials: { token } }) {
    requireSignature(header(call, 'x-signature'), call.body, token);
    return { about: 'a signed call' };
  },
};
