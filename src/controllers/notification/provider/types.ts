import type { ProviderType } from './settings.ts';

const commitStatusTypes: readonly ProviderType[] = [
  'github',
  'gitlab',
  'gitea',
  'bitbucketserver',
  'bitbucket',
  'azuredevops',
];

const changeRequestTypes: readonly ProviderType[] = [
  'githubpullrequestcomment',
  'gitlabmergerequestcomment',
  'giteapullrequestcomment',
];

/** Whether it sets statuses of commits (notification-controller internal/server/provider_commit_status.go). */
export function isCommitStatusType(type: ProviderType): boolean {
  return commitStatusTypes.includes(type);
}

/** Whether it comments on pull or merge requests (internal/server/provider_change_request.go). */
export function isChangeRequestType(type: ProviderType): boolean {
  return changeRequestTypes.includes(type);
}

/** Whether it passes events on as they are, those that update commit statuses too. */
export function isGenericType(type: ProviderType): boolean {
  return type === 'generic' || type === 'generic-hmac';
}
