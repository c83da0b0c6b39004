import { jsonPayload } from '../json-payload.ts';
import type { ReceiverType } from '../webhook-call.ts';

/** Azure Container Registry, which proves nothing: only the path is secret. */
export const acr: ReceiverType = {
  documentation: 'https://learn.microsoft.com/en-us/azure/container-registry/container-registry-webhook-reference',
  verify({ body }) {
    const shape = { action: 'string', target: { repository: 'string', tag: 'string' } } as const;
    const { target } = jsonPayload(body, shape, 'ACR');
    return { about: `ACR event from ${target.repository} for tag ${target.tag}` };
  },
};
