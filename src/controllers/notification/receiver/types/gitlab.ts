import { requireTokenHeader } from '../signature.ts';
import { header, type ReceiverType, requireListed } from '../webhook-call.ts';

/** GitLab, which sends the token itself. */
export const gitlab: ReceiverType = {
  documentation: 'https://docs.gitlab.com/user/project/integrations/webhook_events/',
  verify(call, context) {
    requireTokenHeader(header(call, 'x-gitlab-token'), context.credentials.token, 'X-Gitlab-Token');
    const event = header(call, 'x-gitlab-event');
    requireListed(context, event, 'GitLab');
    return { about: `GitLab event: ${event}` };
  },
};
