import { jsonPayload } from '../json-payload.ts';
import type { ReceiverType } from '../webhook-call.ts';

/** Docker Hub, which proves nothing: only the path is secret. */
export const dockerhub: ReceiverType = {
  documentation: 'https://docs.docker.com/docker-hub/repos/manage/webhooks/',
  verify({ body }) {
    const shape = { push_data: { tag: 'string' }, repository: { repo_url: 'string' } } as const;
    const { push_data: push, repository } = jsonPayload(body, shape, 'DockerHub');
    return { about: `DockerHub event from ${repository.repo_url} for tag ${push.tag}` };
  },
};
