import { AuthError } from '../auth-error.ts';
import { type AuthHttp, type HttpReply, jsonOf, replyError } from '../http.ts';
import type { AwsCredentials } from '../token.ts';
import { awsEndpoint } from './region.ts';
import { signedHeaders } from './signature.ts';

export interface AwsJsonCall {
  readonly service: 'kms' | 'eks' | 'ecr' | 'ecr-public';
  readonly region: string;
  /** For services that speak AWS JSON: `TrentService.Decrypt`. Without it, the call is a GET of `path`. */
  readonly target?: string;
  readonly path?: string;
  readonly body?: string;
  readonly credentials: AwsCredentials;
  readonly signal: AbortSignal;
}

/** The first part of each service's host; a signature names the service itself. */
const hosts = { kms: 'kms', eks: 'eks', ecr: 'api.ecr', 'ecr-public': 'api.ecr-public' } as const;

/** A signed call to a service of AWS that answers in JSON. Throws AuthError with the service's own error. */
export async function awsJsonCall(
  { http, now }: { readonly http: AuthHttp; readonly now: () => number },
  { service, region, target, path = '/', body, credentials, signal }: AwsJsonCall,
): Promise<Readonly<Record<string, unknown>>> {
  const url = `${awsEndpoint(hosts[service], region)}${path}`;
  const method = target === undefined ? 'GET' : 'POST';
  const headers = await signedHeaders({
    credentials,
    service,
    region,
    method,
    url,
    ...(target === undefined
      ? {}
      : { headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target } }),
    ...(body === undefined ? {} : { body }),
    now: now(),
  });
  const reply = await http.call({
    method,
    url,
    headers,
    ...(body === undefined ? {} : { body }),
    reach: 'fixed',
    signal,
  });
  if (reply.status !== 200) throw new AuthError(awsError(reply));
  return jsonOf(reply, service);
}

/** `AccessDeniedException: not allowed`, as the services tell it in a member and in a header. */
function awsError({ status, headers, body }: HttpReply): string {
  let answer: Readonly<Record<string, unknown>> = {};
  try {
    answer = JSON.parse(body) as Readonly<Record<string, unknown>>;
  } catch {
    return replyError(status, body);
  }
  const type = String(answer?.['__type'] ?? headers['x-amzn-errortype'] ?? '').replace(/^.*#|:.*$/g, '');
  const message = String(answer?.['message'] ?? answer?.['Message'] ?? '');
  return replyError(status, type === '' ? body : `${type}: ${message}`);
}
