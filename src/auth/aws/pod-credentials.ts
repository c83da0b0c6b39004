import { AuthError } from '../auth-error.ts';
import { jsonOf } from '../http.ts';
import type { AwsCredentials } from '../token.ts';
import type { AwsDeps } from './default-credentials.ts';
import { credentialsOfJson } from './json-credentials.ts';

/** Where AWS' agents for containers listen. Other hosts must be https (AWS SDKs, container credential provider). */
const agents: readonly string[] = [
  '169.254.170.2',
  '169.254.170.23',
  '[fd00:ec2::23]',
  '127.0.0.1',
  '[::1]',
  'localhost',
];

/**
 * The credentials that the Pod's identity agent gives (EKS Pod Identity, ECS); undefined when the environment names no
 * agent. Throws AuthError.
 *
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export async function podCredentials(
  { http, environment: { variables, read } }: AwsDeps,
  signal: AbortSignal,
): Promise<AwsCredentials | undefined> {
  const relative = variables['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const url =
    relative === undefined ? variables['AWS_CONTAINER_CREDENTIALS_FULL_URI'] : `http://169.254.170.2${relative}`;
  if (url === undefined) return undefined;
  if (!URL.canParse(url)) throw new AuthError('AWS_CONTAINER_CREDENTIALS_FULL_URI is no URL');
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'https:' && !agents.includes(hostname)) {
    throw new AuthError(`AWS_CONTAINER_CREDENTIALS_FULL_URI names ${hostname}, which must be asked by https`);
  }
  const file = variables['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  const authorization = file === undefined ? variables['AWS_CONTAINER_AUTHORIZATION_TOKEN'] : (await read(file)).trim();
  const secrets = authorization === undefined ? [] : [authorization];
  const reply = await http.call({
    method: 'GET',
    url,
    headers: { accept: 'application/json', ...(authorization === undefined ? {} : { authorization }) },
    reach: 'node',
    secrets,
    signal,
  });
  return credentialsOfJson(jsonOf(reply, 'failed to get credentials from the agent of the Pod', secrets), 'the agent');
}
