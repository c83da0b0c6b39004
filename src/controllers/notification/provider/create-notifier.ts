import type { CloudAuth } from '../../../auth/cloud-auth.ts';
import { withDeadline } from '../../../lib/async.ts';
import type { Clock } from '../../../lib/clock.ts';
import { redact } from '../../../lib/redact.ts';
import { createAlertmanager } from './alertmanager.ts';
import { createAzureDevops } from './azure-devops.ts';
import { createAzureEventHub } from './azure-event-hub.ts';
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
import { createGooglePubSub } from './google-pubsub.ts';
import { createGrafana } from './grafana.ts';
import type { NotifierHttp } from './http.ts';
import { createIncidentIo } from './incident-io.ts';
import { createLark } from './lark.ts';
import { createMatrix } from './matrix.ts';
import { createMsTeams } from './msteams.ts';
import { createNats } from './nats.ts';
import { type Notifier, NotifyError } from './notifier.ts';
import { createOpsgenie } from './opsgenie.ts';
import { createOtel } from './otel.ts';
import { createPagerDuty } from './pager-duty.ts';
import { createRocket } from './rocket.ts';
import { routeOf } from './secrets-of.ts';
import { createSentry } from './sentry.ts';
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

/** A type without one does not compile. */
const factories: Readonly<Record<ProviderType, NotifierFactory>> = {
  alertmanager: createAlertmanager,
  azuredevops: createAzureDevops,
  azureeventhub: createAzureEventHub,
  bitbucket: createBitbucket,
  bitbucketserver: createBitbucketServer,
  datadog: createDatadog,
  discord: createDiscord,
  'generic-hmac': createGeneric,
  generic: createGeneric,
  gitea: createGitea,
  giteapullrequestcomment: createGiteaPullRequestComment,
  github: createGithub,
  githubdispatch: createGithubDispatch,
  githubpullrequestcomment: createGithubPullRequestComment,
  gitlab: createGitlab,
  gitlabmergerequestcomment: createGitlabMergeRequestComment,
  googlechat: createGoogleChat,
  googlepubsub: createGooglePubSub,
  grafana: createGrafana,
  'incident.io': createIncidentIo,
  lark: createLark,
  matrix: createMatrix,
  msteams: createMsTeams,
  nats: createNats,
  opsgenie: createOpsgenie,
  otel: createOtel,
  pagerduty: createPagerDuty,
  rocket: createRocket,
  sentry: createSentry,
  slack: createSlack,
  telegram: createTelegram,
  webex: createWebex,
  zoom: createZoom,
  zulip: createZulip,
};

/**
 * The notifier for a Provider, which gives up after its timeout. Throws {@link NotifyError} when the settings lack what
 * its type needs. No message of it shows what is in the Secret.
 */
export function createNotifier(settings: ProviderSettings, delivery: Delivery, deps: NotifierDeps): Notifier {
  const { secrets } = routeOf(settings);
  const notifier = initialized(settings, secrets, delivery, deps);
  return {
    async post(event, signal) {
      try {
        await notifier.post(event, withDeadline(signal, settings.timeoutMs));
      } catch (error) {
        throw masked(error, secrets);
      }
    },
  };
}

function initialized(
  settings: ProviderSettings,
  secrets: readonly string[],
  delivery: Delivery,
  deps: NotifierDeps,
): Notifier {
  const { type } = settings;
  try {
    // Only the API server's schema keeps other types out, and a newer one may have more.
    if (Object.hasOwn(factories, type)) return factories[type](settings, delivery, deps);
  } catch (error) {
    throw masked(error, secrets, 'failed to initialize notifier: ');
  }
  throw new NotifyError(`failed to initialize notifier: provider ${String(type)} not supported`, { permanent: true });
}

function masked(error: unknown, secrets: readonly string[], before = ''): unknown {
  if (!(error instanceof NotifyError)) return error;
  const { permanent, retryAfterMs, unanswered, cause } = error;
  const message = redact(`${before}${error.message}`, secrets);
  return new NotifyError(message, { permanent, retryAfterMs, unanswered, cause });
}
