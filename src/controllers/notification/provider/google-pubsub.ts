import { createHash } from 'node:crypto';
import { AuthError } from '../../../auth/auth-error.ts';
import { keyToken, parseKey } from '../../../auth/gcp/oauth.ts';
import { eventBody } from '../event.ts';
import { cloudIdentity } from './cloud-identity.ts';
import { cloudOf } from './cloud-proxy.ts';
import type { NotifierDeps, NotifierFactory } from './create-notifier.ts';
import { goJson } from './go-json.ts';
import { JsonApi } from './json-api.ts';
import { NotifyError } from './notifier.ts';
import { routeOf, withSecret } from './secrets-of.ts';
import { involvedOf, type ProviderSettings } from './settings.ts';

/**
 * Google Pub/Sub: publishes the event to the topic (the channel) of the project (the address), with the Secret's headers
 * as attributes. Without a JSON key in the Secret, the identity of the ServiceAccount or of the controller is used
 * (internal/notifier/google_pubsub.go, which speaks gRPC; this is the REST API).
 *
 * https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish
 */
export const createGooglePubSub: NotifierFactory = (settings, _delivery, deps) => {
  const { address: project, channel: topic, headers: attributes } = settings;
  if (project === '') throw new NotifyError('GCP project ID cannot be empty', { permanent: true });
  if (topic === '') throw new NotifyError('GCP Pub/Sub topic ID cannot be empty', { permanent: true });
  const path = `/v1/projects/${encodeURIComponent(project)}/topics/${encodeURIComponent(topic)}:publish`;
  const otherwise = `error publishing to GCP Pub/Sub topic projects/${project}/topics/${topic}`;
  return {
    async post(event, signal) {
      const token = await accessToken(settings, deps, signal);
      const api = new JsonApi({
        http: deps.http,
        route: withSecret(routeOf(settings), token),
        base: 'https://pubsub.googleapis.com',
        headers: { authorization: `Bearer ${token}` },
      });
      const data = Buffer.from(goJson(eventBody(event))).toString('base64');
      const message = { data, ...(Object.keys(attributes).length === 0 ? {} : { attributes }) };
      await api.call({ method: 'POST', path, body: { messages: [message] }, otherwise }, signal);
    },
  };
};

async function accessToken(settings: ProviderSettings, deps: NotifierDeps, signal: AbortSignal): Promise<string> {
  const cloud = cloudOf(settings, deps);
  const { cache, gcp, tokens } = cloud;
  const involved = involvedOf(settings);
  try {
    if (settings.token === '') {
      return (await tokens.get(gcp, { identity: cloudIdentity(settings, deps), involved }, signal)).token;
    }
    const key = parseKey(settings.token);
    const name = `gcp-key ${createHash('sha256').update(settings.token).digest('hex')}`;
    return (await cache.getOrFetch(name, signal, (shared) => keyToken(cloud, key, shared), involved)).token;
  } catch (cause) {
    if (!(cause instanceof AuthError)) throw cause;
    throw new NotifyError(cause.message, { permanent: false, cause });
  }
}
