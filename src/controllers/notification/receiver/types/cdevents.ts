import { requireCdEvent } from '../cdevents/cd-event.ts';
import { header, type ReceiverType, requireListed } from '../webhook-call.ts';

/** CDEvents 0.4, in the body of a CloudEvent: only the path is secret. */
export const cdevents: ReceiverType = {
  documentation: 'https://github.com/cdevents/spec/blob/v0.4.1/cloudevents-binding.md',
  verify(call, context) {
    requireCdEvent(call.body);
    const event = header(call, 'ce-type');
    requireListed(context, event, 'CDEvents');
    return { about: `CDEvent: ${event}` };
  },
};
