import { isRecord } from '../lib/json.ts';
import { ApiError, type StatusCause, type StatusDetails } from './errors.ts';

/** An {@link ApiError} from a decoded `metav1.Status`, or undefined when `value` is none. */
export function apiErrorOf(value: unknown, httpStatus: number, retryAfterSeconds?: number): ApiError | undefined {
  if (!isRecord(value) || value['kind'] !== 'Status' || value['status'] === 'Success') return undefined;
  const { code, reason, message, details, metadata } = value;
  const continueToken = isRecord(metadata) ? metadata['continue'] : undefined;
  return new ApiError({
    status: typeof code === 'number' && code > 0 ? code : httpStatus,
    reason: typeof reason === 'string' ? reason : '',
    message: typeof message === 'string' && message !== '' ? message : unknownMessage(httpStatus),
    ...withDetails(isRecord(details) ? statusDetails(details) : undefined, retryAfterSeconds),
    ...(typeof continueToken === 'string' && continueToken !== '' ? { continueToken } : {}),
  });
}

function withDetails(details: StatusDetails | undefined, retryAfter: number | undefined): { details?: StatusDetails } {
  if (retryAfter === undefined || details?.retryAfterSeconds !== undefined)
    return details === undefined ? {} : { details };
  return { details: { ...details, retryAfterSeconds: retryAfter } };
}

function statusDetails(from: Readonly<Record<string, unknown>>): StatusDetails {
  const { name, group, kind, uid, causes, retryAfterSeconds } = from;
  return {
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof group === 'string' ? { group } : {}),
    ...(typeof kind === 'string' ? { kind } : {}),
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof retryAfterSeconds === 'number' ? { retryAfterSeconds } : {}),
    ...(Array.isArray(causes) ? { causes: causes.filter(isRecord).map(statusCause) } : {}),
  };
}

function statusCause({ reason, message, field }: Readonly<Record<string, unknown>>): StatusCause {
  return {
    ...(typeof reason === 'string' ? { type: reason } : {}),
    ...(typeof message === 'string' ? { message } : {}),
    ...(typeof field === 'string' ? { field } : {}),
  };
}

/** What {@link genericApiError} is told about an error answer that is no `metav1.Status`. */
export interface GenericAnswer {
  readonly status: number;
  readonly method: string;
  /** The body when it is text, for the reasons that repeat it. */
  readonly text: string | undefined;
  /** `plural.group` of what was asked for. */
  readonly resource?: string;
  readonly name?: string;
  readonly retryAfterSeconds?: number;
}

const bodyTextBytes = 2048;

const reasonOfStatus: Readonly<Record<number, readonly [reason: string, message: string]>> = {
  400: ['BadRequest', 'the server rejected our request for an unknown reason'],
  401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
  404: ['NotFound', 'the server could not find the requested resource'],
  405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
  406: ['NotAcceptable', 'the server was unable to respond with a content type that the client supports'],
  409: ['Conflict', 'the server reported a conflict'],
  422: ['Invalid', 'the server rejected our request due to an error in our request'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: [
    'Timeout',
    'the server was unable to return a response in the time allotted, but may still be processing the request',
  ],
};

/**
 * An {@link ApiError} for an error answer without a `metav1.Status`: a proxy's page, or `404 page not found`.
 * Words and reasons are client-go's (k8s.io/apimachinery pkg/api/errors, NewGenericServerResponse).
 */
export function genericApiError(answer: GenericAnswer): ApiError {
  const serverText = answer.text?.slice(0, bodyTextBytes).trim() ?? 'unknown';
  const [reason, text] = genericReason(answer, serverText);
  const about = answer.resource === undefined ? '' : `${answer.method.toLowerCase()} ${answer.resource}`;
  const [plural, ...group] = (answer.resource ?? '').split('.');
  return new ApiError({
    status: answer.status,
    reason,
    message: about === '' ? text : `${text} (${[about, answer.name].filter(Boolean).join(' ')})`,
    details: {
      group: group.join('.'),
      kind: plural ?? '',
      ...(answer.name === undefined ? {} : { name: answer.name }),
      causes: [{ type: 'UnexpectedServerResponse', message: serverText }],
      ...(answer.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: answer.retryAfterSeconds }),
    },
  });
}

function genericReason({ status, method }: GenericAnswer, serverText: string): readonly [string, string] {
  if (status === 403) return ['Forbidden', serverText];
  if (status === 415) return ['UnsupportedMediaType', serverText];
  if (status === 409 && method === 'POST') return ['AlreadyExists', 'the server reported a conflict'];
  if (status === 406 && serverText !== '' && serverText !== 'unknown') return ['NotAcceptable', serverText];
  const known = reasonOfStatus[status];
  if (known !== undefined) return known;
  if (status < 500) return ['', unknownMessage(status)];
  const text = JSON.stringify(serverText);
  return ['InternalError', `an error on the server (${text}) has prevented the request from succeeding`];
}

function unknownMessage(status: number): string {
  return `the server responded with the status code ${status} but did not return more information`;
}
