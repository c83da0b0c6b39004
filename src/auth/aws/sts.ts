import { AuthError } from '../auth-error.ts';
import type { AuthHttp, HttpReply } from '../http.ts';
import { replyError } from '../http.ts';
import type { AwsCredentials } from '../token.ts';
import { awsEndpoint } from './region.ts';
import { signedHeaders } from './signature.ts';

/** What calls to STS need. */
export interface StsDeps {
  readonly http: AuthHttp;
  readonly now: () => number;
}

export interface AssumeRole {
  readonly region: string;
  readonly roleArn: string;
  readonly sessionName: string;
  readonly signal: AbortSignal;
}

/** Temporary credentials of a role, for a token of an OIDC issuer that the role trusts. Throws AuthError. */
export async function assumeRoleWithWebIdentity(
  { http }: StsDeps,
  { region, roleArn, sessionName, signal }: AssumeRole,
  token: string,
): Promise<AwsCredentials> {
  const reply = await http.call({
    method: 'POST',
    url: `${awsEndpoint('sts', region)}/`,
    headers: form,
    body: query('AssumeRoleWithWebIdentity', {
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      WebIdentityToken: token,
    }),
    reach: 'fixed',
    secrets: [token],
    signal,
  });
  return credentialsOf(reply, 'AssumeRoleWithWebIdentity', [token]);
}

/** Temporary credentials of a role that these credentials may assume. Throws AuthError. */
export async function assumeRole(
  { http, now }: StsDeps,
  { region, roleArn, sessionName, signal }: AssumeRole,
  credentials: AwsCredentials,
): Promise<AwsCredentials> {
  const url = `${awsEndpoint('sts', region)}/`;
  const body = query('AssumeRole', { RoleArn: roleArn, RoleSessionName: sessionName });
  const headers = await signedHeaders({
    credentials,
    service: 'sts',
    region,
    method: 'POST',
    url,
    headers: form,
    body,
    now: now(),
  });
  const reply = await http.call({ method: 'POST', url, headers, body, reach: 'fixed', signal });
  return credentialsOf(reply, 'AssumeRole', [credentials.secretAccessKey]);
}

const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };

function query(action: string, parameters: Readonly<Record<string, string>>): string {
  return new URLSearchParams({ Action: action, Version: '2011-06-15', ...parameters }).toString();
}

function credentialsOf({ status, body }: HttpReply, action: string, secrets: readonly string[]): AwsCredentials {
  const what = `operation error STS: ${action}`;
  if (status !== 200) {
    const code = element(body, 'Code');
    const message = element(body, 'Message');
    const told = code === undefined ? body : `${code}: ${message ?? ''}`;
    throw new AuthError(`${what}, ${replyError(status, told, secrets)}`);
  }
  const accessKeyId = element(body, 'AccessKeyId');
  const secretAccessKey = element(body, 'SecretAccessKey');
  const sessionToken = element(body, 'SessionToken');
  const expiresAt = Date.parse(element(body, 'Expiration') ?? '');
  if (accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined) {
    throw new AuthError(`${what}: the answer has no credentials`);
  }
  return { accessKeyId, secretAccessKey, sessionToken, expiresAt: Number.isNaN(expiresAt) ? 0 : expiresAt };
}

/** The text of the first element of a name. STS answers in XML whose elements occur once, without attributes. */
function element(xml: string, name: string): string | undefined {
  const start = xml.indexOf(`<${name}>`);
  const end = xml.indexOf(`</${name}>`, start);
  if (start < 0 || end < 0) return undefined;
  return xml
    .slice(start + name.length + 2, end)
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
    .trim();
}
