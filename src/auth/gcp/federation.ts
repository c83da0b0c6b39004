import { AuthError } from '../auth-error.ts';
import { jsonOf } from '../http.ts';
import type { BearerToken } from '../token.ts';
import { type GcpHttp, gcpScopes, requestToken } from './oauth.ts';

/** A token of another issuer, and for what it is exchanged. */
export interface Federation {
  /** The provider of the workload identity pool. */
  readonly audience: string;
  readonly subjectToken: string;
  /** The service account to act as; the federated identity itself when absent. */
  readonly email?: string | undefined;
}

const stsUrl = 'https://sts.googleapis.com/v1/token';

/**
 * A Google token for a token of an issuer that a workload identity pool trusts, then of the service account that this
 * identity may impersonate. Throws AuthError.
 *
 * https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
 * https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
 */
export async function federatedToken(
  { http, now }: GcpHttp,
  { audience, subjectToken, email }: Federation,
  signal: AbortSignal,
): Promise<BearerToken> {
  const scopes = email === undefined ? gcpScopes : ['https://www.googleapis.com/auth/cloud-platform'];
  const exchange = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience,
    scope: scopes.join(' '),
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    subject_token: subjectToken,
  };
  const ask = { url: stsUrl, parameters: exchange, secrets: [subjectToken], otherwise: "Google's STS gave no token" };
  const federated = await requestToken({ http, now }, ask, signal);
  if (email === undefined) return federated;
  const impersonated = await http.call({
    method: 'POST',
    url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}:generateAccessToken`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${federated.token}` },
    body: JSON.stringify({ scope: gcpScopes, lifetime: '3600s' }),
    reach: 'fixed',
    secrets: [federated.token],
    signal,
  });
  const { accessToken, expireTime } = jsonOf(impersonated, `cannot impersonate ${email}`, [federated.token]);
  const expiresAt = Date.parse(String(expireTime));
  if (typeof accessToken !== 'string' || Number.isNaN(expiresAt)) throw new AuthError('the answer has no access token');
  return { token: accessToken, expiresAt };
}
