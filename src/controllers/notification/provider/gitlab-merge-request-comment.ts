import { isRecord } from '../../../lib/json.ts';
import { changeRequestComment, changeRequestNumber } from './change-request.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { gitlabProject } from './gitlab-api.ts';

/**
 * GitLab: writes a note on a merge request, and changes its own note from then on
 * (internal/notifier/gitlab_merge_request_comment.go). It looks for it among the first hundred.
 *
 * https://docs.gitlab.com/api/notes/#merge-requests
 */
export const createGitlabMergeRequestComment: NotifierFactory = (settings, _delivery, deps) => {
  const { api, path, username } = gitlabProject(settings, deps);
  return {
    async post(event, signal) {
      const notes = `${path}/merge_requests/${changeRequestNumber(event)}/notes`;
      const { marker, body } = changeRequestComment(event, 'flux-mr-comment-key', settings.provider.uid);
      const author = await username(signal);
      const listed = await api.list(
        {
          method: 'GET',
          path: `${notes}?order_by=created_at&per_page=100&sort=asc`,
          otherwise: 'failed to list merge request notes',
        },
        signal,
      );
      const own = listed.find(
        ({ author: by, body: text }) => isRecord(by) && by['username'] === author && String(text).startsWith(marker),
      );
      const change = own === undefined ? create(notes) : update(notes, own['id']);
      await api.call({ ...change, body: { body } }, signal);
    },
  };
};

function create(notes: string) {
  return { method: 'POST', path: notes, otherwise: 'failed to create merge request note', once: true } as const;
}

function update(notes: string, id: unknown) {
  const path = `${notes}/${encodeURIComponent(String(id))}`;
  return { method: 'PUT', path, otherwise: 'failed to update merge request note' } as const;
}
