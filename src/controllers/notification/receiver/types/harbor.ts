import { requireTokenHeader } from '../signature.ts';
import { header, type ReceiverType } from '../webhook-call.ts';

/** Harbor, which sends the token itself. */
export const harbor: ReceiverType = {
  documentation: 'https://goharbor.io/docs/latest/working-with-projects/project-configuration/configure-webhooks/',
  verify(call, { credentials: { token } }) {
    requireTokenHeader(header(call, 'authorization'), token, 'Authorization');
    return { about: 'Harbor event' };
  },
};
