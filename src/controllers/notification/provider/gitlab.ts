import { commitStatusOf } from './commit-status.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { gitlabProject } from './gitlab-api.ts';
import { NotifyError } from './notifier.ts';

const states = { info: 'success', error: 'failed', otherwise: "can't convert to gitlab state" };

/**
 * GitLab: sets the status of the commit, unless it says the same already (internal/notifier/gitlab.go).
 *
 * https://docs.gitlab.com/api/commits/#set-the-pipeline-status-of-a-commit
 */
export const createGitlab: NotifierFactory = (settings, { commitStatus: name }, deps) => {
  const { api, path } = gitlabProject(settings, deps);
  if (name === '') throw new NotifyError('commit status cannot be empty', { permanent: true });
  return {
    async post(event, signal) {
      const status = commitStatusOf(event, states);
      if (status === undefined) return;
      const { commit, state, description } = status;
      const listed = await api.list(
        {
          method: 'GET',
          path: `${path}/repository/commits/${commit}/statuses?name=${encodeURIComponent(name)}`,
          otherwise: 'unable to list commit status',
        },
        signal,
      );
      const isSaid = listed.some(
        (one) =>
          one['sha'] === commit &&
          one['status'] === state &&
          one['description'] === description &&
          one['name'] === name,
      );
      if (isSaid) return;
      const create = {
        method: 'POST',
        path: `${path}/statuses/${commit}`,
        body: { state, name, description },
      } as const;
      await api.call({ ...create, otherwise: 'could not set commit status' }, signal);
    },
  };
};
