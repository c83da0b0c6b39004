import { AuthError } from '../auth-error.ts';
import { jsonOf, replyError } from '../http.ts';
import type { AwsCredentials } from '../token.ts';
import type { AwsDeps } from './default-credentials.ts';
import { credentialsOfJson } from './json-credentials.ts';

const root = 'http://169.254.169.254/latest';
const roles = `${root}/meta-data/iam/security-credentials/`;
/** Where there is no such service, nobody answers. */
const timeoutMs = 3_000;

/**
 * The credentials of the instance's role, by the second version of the metadata service. Throws AuthError.
 *
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 */
export async function instanceCredentials(
  { http, environment }: AwsDeps,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  if (environment.variables['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') {
    throw new AuthError('no AWS credentials in the environment, and AWS_EC2_METADATA_DISABLED is true');
  }
  const text = async (method: 'GET' | 'PUT', url: string, headers: Readonly<Record<string, string>>) => {
    const reply = await http.call({ method, url, headers, reach: 'node', timeoutMs, signal });
    if (reply.status === 200) return reply.body.trim();
    throw new AuthError(`no AWS credentials: the instance metadata says ${replyError(reply.status, reply.body)}`);
  };
  const token = await text('PUT', `${root}/api/token`, { 'x-aws-ec2-metadata-token-ttl-seconds': '300' });
  const headers = { 'x-aws-ec2-metadata-token': token };
  const [role = ''] = (await text('GET', roles, headers)).split('\n', 1);
  const url = `${roles}${encodeURIComponent(role)}`;
  const reply = await http.call({ method: 'GET', url, headers, reach: 'node', timeoutMs, signal });
  return credentialsOfJson(jsonOf(reply, 'failed to get credentials of the instance'), 'the instance metadata');
}
