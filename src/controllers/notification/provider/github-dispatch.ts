import { eventBody } from '../event.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { githubRepository } from './github-api.ts';

/**
 * GitHub: starts the workflows of a repository that wait for a dispatch, with the event as payload
 * (internal/notifier/github_dispatch.go).
 *
 * https://docs.github.com/rest/repos/repos#create-a-repository-dispatch-event
 */
export const createGithubDispatch: NotifierFactory = (settings, _delivery, deps) => {
  const open = githubRepository(settings, deps);
  return {
    async post(event, signal) {
      const { kind, name, namespace } = event.involvedObject;
      const { api, path } = await open(signal);
      const body = { event_type: `${kind}/${name}.${namespace}`, client_payload: eventBody(event) };
      const otherwise = 'could not send github repository dispatch webhook';
      await api.call({ method: 'POST', path: `${path}/dispatches`, body, otherwise, once: true }, signal);
    },
  };
};
