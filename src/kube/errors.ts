import type { GroupVersionKind } from './object.ts';

/** One reason among several why a request was refused (`metav1.StatusCause`; `type` is sent as `reason`). */
export interface StatusCause {
  readonly type?: string;
  readonly message?: string;
  /** The field it is about, as a JSON-like path, for example `spec.replicas`. */
  readonly field?: string;
}

/** What a refused request was about (`metav1.StatusDetails`). */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  /** The kind, or (as the API server often has it) the plural resource name. */
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** What makes an {@link ApiError}: `metav1.Status` with `code` named as HTTP does. */
export interface StatusInput {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: StatusDetails;
  /** `metadata.continue` of an expired list: where an inconsistent continuation could go on. */
  readonly continueToken?: string;
}

/** Reasons the code tells nothing more about (k8s.io/apimachinery pkg/api/errors, knownReasons). */
const knownReasons: ReadonlySet<string> = new Set([
  'Unauthorized',
  'Forbidden',
  'NotFound',
  'AlreadyExists',
  'Conflict',
  'Gone',
  'Invalid',
  'ServerTimeout',
  'StoreReadError',
  'Timeout',
  'TooManyRequests',
  'BadRequest',
  'MethodNotAllowed',
  'NotAcceptable',
  'RequestEntityTooLarge',
  'UnsupportedMediaType',
  'InternalError',
  'Expired',
  'ServiceUnavailable',
]);

/** Texts by which webhooks and CEL rules tell of immutable fields (fluxcd/pkg ssa/errors, IsImmutableError). */
const immutableTexts = /is\simmutable|immutable\sfield/;

/**
 * An error answer of the API server. The message is the server's own, word for word, because that is what Flux shows
 * in conditions. The predicates decide as k8s.io/apimachinery (pkg/api/errors) does: by reason, and by status code
 * only when the reason is none of the known ones.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** The HTTP status code. */
  readonly status: number;
  /** `metav1.StatusReason`; empty when unknown. */
  readonly reason: string;
  readonly details: StatusDetails | undefined;
  readonly continueToken: string | undefined;

  constructor(input: StatusInput) {
    super(input.message);
    this.status = input.status;
    this.reason = input.reason;
    this.details = input.details;
    this.continueToken = input.continueToken;
  }

  get isNotFound(): boolean {
    return this.#is('NotFound', 404);
  }

  get isConflict(): boolean {
    return this.#is('Conflict', 409);
  }

  /** Told by reason alone: 409 without a reason is a conflict. */
  get isAlreadyExists(): boolean {
    return this.reason === 'AlreadyExists';
  }

  get isInvalid(): boolean {
    return this.#is('Invalid', 422);
  }

  get isBadRequest(): boolean {
    return this.#is('BadRequest', 400);
  }

  get isForbidden(): boolean {
    return this.#is('Forbidden', 403);
  }

  get isUnauthorized(): boolean {
    return this.#is('Unauthorized', 401);
  }

  get isMethodNotSupported(): boolean {
    return this.#is('MethodNotAllowed', 405);
  }

  get isTooManyRequests(): boolean {
    return this.reason === 'TooManyRequests' || this.status === 429;
  }

  get isServiceUnavailable(): boolean {
    return this.#is('ServiceUnavailable', 503);
  }

  get isInternalError(): boolean {
    return this.#is('InternalError', 500);
  }

  /** The server gave up waiting (it may still act). */
  get isTimeout(): boolean {
    return this.#is('Timeout', 504) || this.reason === 'ServerTimeout';
  }

  /** The resource version or continue token is too old. */
  get isExpired(): boolean {
    return (
      this.reason === 'Expired' || this.reason === 'Gone' || (!knownReasons.has(this.reason) && this.status === 410)
    );
  }

  /** The asked-for resource version lies in the server's future: it was restored, or another replica is ahead. */
  get isTooLargeResourceVersion(): boolean {
    return this.hasCause('ResourceVersionTooLarge');
  }

  /** Another field manager owns what an apply wanted to set. */
  get isFieldManagerConflict(): boolean {
    return this.hasCause('FieldManagerConflict');
  }

  /** The namespace the object belongs to is being deleted. */
  get isNamespaceTerminating(): boolean {
    return this.hasCause('NamespaceTerminating');
  }

  /**
   * Whether re-creating the object may help, as Flux decides it (fluxcd/pkg ssa/errors, IsImmutableError): every
   * conflict, everything invalid, and messages of admission webhooks that say so.
   */
  get isImmutable(): boolean {
    return this.isConflict || this.isInvalid || immutableTexts.test(this.message);
  }

  /** How long the server asks to be left alone, in milliseconds. */
  get retryAfterMs(): number | undefined {
    const seconds = this.details?.retryAfterSeconds;
    return seconds === undefined || seconds <= 0 ? undefined : seconds * 1000;
  }

  hasCause(type: string): boolean {
    return this.details?.causes?.some((cause) => cause.type === type) ?? false;
  }

  #is(reason: string, status: number): boolean {
    return this.reason === reason || (this.status === status && !knownReasons.has(this.reason));
  }
}

/** The API server does not serve a kind. The text is upstream's (k8s.io/apimachinery meta.NoKindMatchError). */
export class NoMatchError extends Error {
  override readonly name = 'NoMatchError';
  readonly gvk: GroupVersionKind;

  constructor(gvk: GroupVersionKind) {
    const version = gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`;
    super(`no matches for kind ${JSON.stringify(gvk.kind)} in version ${JSON.stringify(version)}`);
    this.gvk = gvk;
  }
}

/** No answer, or a broken one: refused, reset, timed out at the socket, too large, not JSON. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  /** Node's or undici's error code, for example `ECONNREFUSED`; `TooLarge` and `BadAnswer` are ours. */
  readonly code: string;
  /** Whether the request cannot have reached the server. */
  readonly unsent: boolean;

  constructor(
    message: string,
    options: { readonly code: string; readonly unsent?: boolean; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.unsent = options.unsent ?? false;
  }
}

/** Whether `error` says that the object, or its kind's endpoint, is not there. */
export function isNotFound(error: unknown): error is ApiError {
  return error instanceof ApiError && error.isNotFound;
}

/** Whether `error` says that someone else was faster, or owns a field. */
export function isConflict(error: unknown): error is ApiError {
  return error instanceof ApiError && error.isConflict;
}

/** Whether `error` says that RBAC, a quota or an admission plugin refused. */
export function isForbidden(error: unknown): error is ApiError {
  return error instanceof ApiError && error.isForbidden;
}

/** Whether the server does not serve the kind. */
export function isNoMatch(error: unknown): error is NoMatchError {
  return error instanceof NoMatchError;
}
