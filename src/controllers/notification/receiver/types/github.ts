import { signedPayload } from '../github-payload.ts';
import { header, type ReceiverType, requireListed } from '../webhook-call.ts';

/** GitHub, and what calls like it. */
export const github: ReceiverType = {
  documentation: 'https://docs.github.com/en/webhooks/webhook-events-and-payloads',
  verify(call, context) {
    const body = signedPayload(call, context.credentials.token);
    const event = header(call, 'x-github-event');
    requireListed(context, event, 'GitHub');
    return { about: `GitHub event: ${event}`, body };
  },
};
