import { AuthError } from '../auth-error.ts';
import type { CloudEnvironment } from '../environment.ts';
import type { AwsCredentials } from '../token.ts';
import { instanceCredentials } from './instance-metadata.ts';
import { podCredentials } from './pod-credentials.ts';
import { assumeRoleWithWebIdentity, type StsDeps } from './sts.ts';

/** What {@link defaultCredentials} asks. */
export interface AwsDeps extends StsDeps {
  readonly environment: CloudEnvironment;
}

/**
 * The credentials of the machine, from where the AWS SDKs look for them, in their order: variables, a credentials file,
 * a web identity (IRSA), the Pod's identity agent (EKS Pod Identity), the instance. Programs are never run
 * (`credential_process`). Throws AuthError.
 */
export async function defaultCredentials(deps: AwsDeps, region: string, signal: AbortSignal): Promise<AwsCredentials> {
  const { variables, read } = deps.environment;
  const fromVariables = keysOf(
    variables['AWS_ACCESS_KEY_ID'],
    variables['AWS_SECRET_ACCESS_KEY'],
    variables['AWS_SESSION_TOKEN'],
  );
  if (fromVariables !== undefined) return fromVariables;

  const file = variables['AWS_SHARED_CREDENTIALS_FILE'];
  if (file !== undefined) return credentialsFromFile(await read(file), variables['AWS_PROFILE'] ?? 'default');

  const tokenFile = variables['AWS_WEB_IDENTITY_TOKEN_FILE'];
  const roleArn = variables['AWS_ROLE_ARN'];
  if (tokenFile !== undefined && roleArn !== undefined) {
    const sessionName = variables['AWS_ROLE_SESSION_NAME'] ?? String(deps.now());
    const token = (await read(tokenFile)).trim();
    return assumeRoleWithWebIdentity(deps, { region, roleArn, sessionName, signal }, token);
  }
  return (await podCredentials(deps, signal)) ?? instanceCredentials(deps, signal);
}

/**
 * The keys of a profile in the text of a credentials file (INI). Throws AuthError when it has none.
 *
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function credentialsFromFile(text: string, profile: string): AwsCredentials {
  const entries = new Map<string, string>();
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    const head = /^\s*\[\s*(?:profile\s+)?([^\]]+?)\s*\]/.exec(line);
    if (head !== null) section = head[1] ?? '';
    else if (section === profile && !/^\s*[#;]/.test(line)) {
      const equals = line.indexOf('=');
      if (equals > 0) entries.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
    }
  }
  const keys = keysOf(
    entries.get('aws_access_key_id'),
    entries.get('aws_secret_access_key'),
    entries.get('aws_session_token'),
  );
  if (keys === undefined) throw new AuthError(`the credentials file has no keys for the profile '${profile}'`);
  return keys;
}

/** Credentials that do not expire, so far as we know; undefined unless both keys are there. */
export function keysOf(
  accessKeyId: string | undefined,
  secretAccessKey: string | undefined,
  sessionToken: string | undefined,
): AwsCredentials | undefined {
  if (!accessKeyId || !secretAccessKey) return undefined;
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken ? { sessionToken } : {}),
    expiresAt: Number.POSITIVE_INFINITY,
  };
}
