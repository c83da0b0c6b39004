import { eventBody } from '../event.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { githubRepository } from './github-api.ts';
import { NotifyError } from './notifier.ts';

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
      const call = { method: 'POST', path: `${path}/dispatches`, body, otherwise, once: true } as const;
      await api.call(call, signal).catch((error: unknown) => {
        throw isOver(error) ? new NotifyError(error.message, { permanent: true, cause: error }) : error;
      });
    },
  };
};

/** Whether a workflow may have been started all the same, so that nobody may try again: it would be started twice. */
function isOver(error: unknown): error is NotifyError {
  if (!(error instanceof NotifyError) || error.permanent || error.retryAfterMs !== undefined) return false;
  // What has a cause is a connection that failed, and not an answer.
  return error.unanswered || error.cause === undefined;
}
