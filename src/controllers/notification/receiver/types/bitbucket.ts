import { signedPayload } from '../github-payload.ts';
import { header, type ReceiverType, requireListed } from '../webhook-call.ts';

/** Bitbucket Server and Data Center, which sign as GitHub does. */
export const bitbucket: ReceiverType = {
  documentation: 'https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html',
  verify(call, context) {
    const body = signedPayload(call, context.credentials.token);
    const event = header(call, 'x-event-key');
    requireListed(context, event, 'Bitbucket server');
    return { about: `Bitbucket server event: ${event}`, body };
  },
};
