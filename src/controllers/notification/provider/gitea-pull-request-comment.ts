import { isRecord } from '../../../lib/json.ts';
import { changeRequestComment, changeRequestNumber } from './change-request.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { giteaRepository } from './gitea-api.ts';

/**
 * Gitea and Forgejo: comments on a pull request, and changes its own comment from then on
 * (internal/notifier/gitea_pull_request_comment.go). It looks for it among the first hundred.
 *
 * https://docs.gitea.com/api/#tag/issue/operation/issueCreateComment
 */
export const createGiteaPullRequestComment: NotifierFactory = (settings, _delivery, deps) => {
  const { api, path, login } = giteaRepository(settings, deps);
  return {
    async post(event, signal) {
      const comments = `${path}/issues/${changeRequestNumber(event)}/comments`;
      const { marker, body } = changeRequestComment(event, 'flux-pr-comment-key', settings.provider.uid);
      const author = await login(signal);
      const listed = await api.list(
        {
          method: 'GET',
          path: `${comments}?limit=100&page=1`,
          otherwise: 'failed to list pull request comments',
        },
        signal,
      );
      const own = listed.find(
        ({ user, body: text }) => isRecord(user) && user['login'] === author && String(text).startsWith(marker),
      );
      const change = own === undefined ? create(comments) : update(path, own['id']);
      await api.call({ ...change, body: { body } }, signal);
    },
  };
};

function create(comments: string) {
  return { method: 'POST', path: comments, otherwise: 'failed to create pull request comment', once: true } as const;
}

function update(path: string, id: unknown) {
  const otherwise = 'failed to update pull request comment';
  return {
    method: 'PATCH',
    path: `${path}/issues/comments/${encodeURIComponent(String(id))}`,
    otherwise,
  } as const;
}
