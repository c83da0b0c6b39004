import { secretText } from '../../../../kube/secret.ts';
import { jsonPayload } from '../json-payload.ts';
import { bearerToken } from '../oidc/token-issuers.ts';
import { type CallContext, CallRefused, header, type ReceiverType, type WebhookCall } from '../webhook-call.ts';

const googleIssuers: readonly unknown[] = ['accounts.google.com', 'https://accounts.google.com'];

/** Google Container and Artifact Registry, by way of a Pub/Sub push subscription with an account of its own. */
export const gcr: ReceiverType = {
  documentation: 'https://docs.cloud.google.com/artifact-registry/docs/configure-notifications',
  async verify(call, context) {
    await authenticate(call, context);
    const { message } = jsonPayload(call.body, { message: { data: 'string' } }, 'GCR');
    const shape = { action: 'string', digest: 'string', tag: 'string' } as const;
    const event = jsonPayload(Buffer.from(message.data, 'base64'), shape, 'GCR');
    return {
      about: `GCR event from ${event.digest} for tag ${event.tag}`,
      // Filters see the event without its wrapping.
      body: Buffer.from(JSON.stringify(event)),
    };
  },
};

/** Any Google account can have a token: the account and the audience decide (CVE-2026-40109). */
async function authenticate(
  call: WebhookCall,
  { credentials: { secret }, issuers, signal }: CallContext,
): Promise<void> {
  const email = secretText(secret, 'email');
  if (email === '') throw new CallRefused("invalid secret data: required field 'email' for GCR receiver");
  const audience = secretText(secret, 'audience');
  if (audience === '') throw new CallRefused("invalid secret data: required field 'audience' for GCR receiver");
  const claims = await issuers.verifyGoogle(bearerToken(header(call, 'authorization')), audience, signal);
  if (!googleIssuers.includes(claims['iss'])) throw new CallRefused('the token is not of accounts.google.com');
  if (claims['email'] !== email) throw new CallRefused('the token is of another account');
  if (claims['email_verified'] !== true) throw new CallRefused("the token's account is not verified");
}
