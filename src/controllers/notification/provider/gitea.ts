import { commitStatusOf, isSaid, type KnownStatus } from './commit-status.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { giteaRepository } from './gitea-api.ts';
import { NotifyError } from './notifier.ts';

const states = {
  info: 'success',
  error: 'failure',
  progressing: 'pending',
  otherwise: "can't convert to gitea state",
};

/**
 * Gitea and Forgejo: sets the status of the commit, also while there is progress, unless it says the same already
 * (internal/notifier/gitea.go).
 *
 * https://docs.gitea.com/api/#tag/repository/operation/repoCreateStatus
 */
export const createGitea: NotifierFactory = (settings, { commitStatus: context }, deps) => {
  if (context === '') throw new NotifyError('commit status cannot be empty', { permanent: true });
  const { api, path } = giteaRepository(settings, deps);
  return {
    async post(event, signal) {
      const status = commitStatusOf(event, states);
      if (status === undefined) return;
      const { commit, state, description } = status;
      const listed = await api.list(
        {
          method: 'GET',
          path: `${path}/commits/${commit}/statuses?limit=50&page=1`,
          otherwise: 'could not list commit statuses',
        },
        signal,
      );
      if (isSaid(listed.map(known), context, status)) return;
      const body = { state, target_url: '', description, context };
      const create = { method: 'POST', path: `${path}/statuses/${commit}`, body } as const;
      await api.call({ ...create, otherwise: 'could not create commit status' }, signal);
    },
  };
};

function known({ context, status, description }: Readonly<Record<string, unknown>>): KnownStatus {
  return { context, state: status, description };
}
