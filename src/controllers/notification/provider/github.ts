import { commitStatusOf, isSaid, type KnownStatus } from './commit-status.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { githubRepository } from './github-api.ts';
import { NotifyError } from './notifier.ts';

const states = { info: 'success', error: 'failure', otherwise: "can't convert to github state" };

/**
 * GitHub: sets the status of the commit, unless it says the same already (internal/notifier/github.go).
 *
 * https://docs.github.com/rest/commits/statuses#create-a-commit-status
 */
export const createGithub: NotifierFactory = (settings, { commitStatus: context }, deps) => {
  if (context === '') throw new NotifyError('commit status cannot be empty', { permanent: true });
  const open = githubRepository(settings, deps);
  return {
    async post(event, signal) {
      const status = commitStatusOf(event, states);
      if (status === undefined) return;
      const { commit, state, description } = status;
      const { api, path } = await open(signal);
      const listed = await api.list(
        {
          method: 'GET',
          path: `${path}/commits/${commit}/statuses?per_page=50`,
          otherwise: 'could not list commit statuses',
        },
        signal,
      );
      if (isSaid(listed.map(known), context, status)) return;
      const body = { state, description, context };
      const create = { method: 'POST', path: `${path}/statuses/${commit}`, body } as const;
      await api.call({ ...create, otherwise: 'could not create commit status' }, signal);
    },
  };
};

function known({ context, state, description }: Readonly<Record<string, unknown>>): KnownStatus {
  return { context, state, description };
}
