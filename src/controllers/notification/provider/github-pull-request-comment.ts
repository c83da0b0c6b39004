import { isRecord } from '../../../lib/json.ts';
import { changeRequestComment, changeRequestNumber } from './change-request.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { githubRepository } from './github-api.ts';

/**
 * GitHub: comments on a pull request, and changes its own comment from then on
 * (internal/notifier/github_pull_request_comment.go). It looks for it among the first hundred.
 *
 * https://docs.github.com/rest/issues/comments
 */
export const createGithubPullRequestComment: NotifierFactory = (settings, _delivery, deps) => {
  const open = githubRepository(settings, deps);
  return {
    async post(event, signal) {
      const number = changeRequestNumber(event);
      const { marker, body } = changeRequestComment(event, 'flux-pr-comment-key', settings.provider.uid);
      const { api, path, login } = await open(signal);
      const author = await login(signal);
      const comments = await api.list(
        {
          method: 'GET',
          path: `${path}/issues/${number}/comments?direction=asc&per_page=100&sort=created`,
          headers: { accept: 'application/vnd.github.squirrel-girl-preview' },
          otherwise: 'failed to list pull request comments',
        },
        signal,
      );
      const own = comments.find(
        ({ user, body: text }) => isRecord(user) && user['login'] === author && String(text).startsWith(marker),
      );
      const change = own === undefined ? create(path, number) : update(path, own['id']);
      await api.call({ ...change, body: { body } }, signal);
    },
  };
};

function create(path: string, number: number) {
  const otherwise = 'failed to create pull request comment';
  return { method: 'POST', path: `${path}/issues/${number}/comments`, otherwise, once: true } as const;
}

function update(path: string, id: unknown) {
  const otherwise = 'failed to update pull request comment';
  return { method: 'PATCH', path: `${path}/issues/comments/${encodeURIComponent(String(id))}`, otherwise } as const;
}
