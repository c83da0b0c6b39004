import type { CloudAuth } from '../../../auth/cloud-auth.ts';
import { withDeadline } from '../../../lib/async.ts';
import type { Clock } from '../../../lib/clock.ts';
import { createAlertmanager } from './alertmanager.ts';
import { createAzureDevops } from './azure-devops.ts';
import { createBitbucket } from './bitbucket.ts';
import { createBitbucketServer } from './bitbucket-server.ts';
import { createDatadog } from './datadog.ts';
import { createDiscord } from './discord.ts';
import { createGeneric } from './generic.ts';
import { createGitea } from './gitea.ts';
import { createGiteaPullRequestComment } from './gitea-pull-request-comment.ts';
import { createGithub } from './github.ts';
import { createGithubDispatch } from './github-dispatch.ts';
import { createGithubPullRequestComment } from './github-pull-request-comment.ts';
import { createGitlab } from './gitlab.ts';
import { createGitlabMergeRequestComment } from './gitlab-merge-request-comment.ts';
import { createGoogleChat } from './google-chat.ts';
import { createGrafana } from './grafana.ts';
import type { NotifierHttp } from './http.ts';
import { createIncidentIo } from './incident-io.ts';
import { createLark } from './lark.ts';
import { createMatrix } from './matrix.ts';
import { createMsTeams } from './msteams.ts';
import { type Notifier, NotifyError } from './notifier.ts';
import { createOpsgenie } from './opsgenie.ts';
import { createPagerDuty } from './pager-duty.ts';
import { createRocket } from './rocket.ts';
import type { Delivery, ProviderSettings, ProviderType } from './settings.ts';
import { createSlack } from './slack.ts';
import { createTelegram } from './telegram.ts';
import { createWebex } from './webex.ts';
import { createZoom } from './zoom.ts';
import { createZulip } from './zulip.ts';

/** What notifiers share. */
export interface NotifierDeps {
  readonly http: NotifierHttp;
  /** Identities in clouds, for types that live at one. */
  readonly cloud: CloudAuth;
  /** The ServiceAccount of Providers that name none; '' for the controller's own identity. */
  readonly defaultServiceAccount: string;
  readonly clock: Clock;
}

/** Makes the notifier of a type. Throws {@link NotifyError} when the settings lack what the type needs. */
export type NotifierFactory = (settings: ProviderSettings, delivery: Delivery, deps: NotifierDeps) => Notifier;

const factories: Partial<Readonly<Record<ProviderType, NotifierFactory>>> = {
  generic: createGeneric,
  'generic-hmac': createGeneric,
  azuredevops: createAzureDevops,
  bitbucket: createBitbucket,
  bitbucketserver: createBitbucketServer,
  gitea: createGitea,
  giteapullrequestcomment: createGiteaPullRequestComment,
  github: createGithub,
  githubdispatch: createGithubDispatch,
  githubpullrequestcomment: createGithubPullRequestComment,
  gitlab: createGitlab,
  gitlabmergerequestcomment: createGitlabMergeRequestComment,
  alertmanager: createAlertmanager,
  datadog: createDatadog,
  discord: createDiscord,
  googlechat: createGoogleChat,
  grafana: createGrafana,
  'incident.io': createIncidentIo,
  lark: createLark,
  matrix: createMatrix,
  msteams: createMsTeams,
  opsgenie: createOpsgenie,
  pagerduty: createPagerDuty,
  rocket: createRocket,
  slack: createSlack,
  telegram: createTelegram,
  webex: createWebex,
  zoom: createZoom,
  zulip: createZulip,
};

/**
 * The notifier for a Provider, which gives up after its timeout. Throws {@link NotifyError} when the settings lack what its type needs.
 */
export function createNotifier(settings: ProviderSettings, delivery: Delivery, deps: NotifierDeps): Notifier {
  const create = factories[settings.type];
  if (create === undefined) throw new NotifyError(`provider ${settings.type} not supported`, { permanent: true });
  const notifier = create(settings, delivery, deps);
  return { post: (event, signal) => notifier.post(event, withDeadline(signal, settings.timeoutMs)) };
}
