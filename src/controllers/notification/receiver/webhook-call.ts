import type { IncomingHttpHeaders } from 'node:http';
import type { Receiver } from '../../../crds/notification/receiver.ts';
import type { TokenIssuers } from './oidc/token-issuers.ts';
import type { Credentials } from './token.ts';

/** A call of a webhook, with the body as it came. */
export interface WebhookCall {
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** Whom a call is for, and what it takes to tell whether the caller may make it. */
export interface CallContext {
  readonly receiver: Receiver;
  readonly credentials: Credentials;
  readonly issuers: TokenIssuers;
  readonly signal: AbortSignal;
}

/** A call that may wake something. */
export interface Verified {
  /** For the log: what kind of event, from where. Callers chose it. */
  readonly about: string;
  /** What filters see as `req`, where it is not the body. */
  readonly body?: Uint8Array;
  /** Of the caller's token. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** A kind of caller: how it proves itself, and what it says. */
export interface ReceiverType {
  /** Where the caller's maker describes its webhooks. */
  readonly documentation: string;
  /** Whether the call may wake something. Throws {@link CallRefused}. */
  verify(call: WebhookCall, context: CallContext): Verified | Promise<Verified>;
}

/** The call is not what the Receiver wants: 400. The message is for the log; callers are told nothing. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused';
}

/** A header; '' when there is none. Of one that came several times, what Node makes of it: nothing that a check takes. */
export function header({ headers }: WebhookCall, name: Lowercase<string>): string {
  const value = headers[name];
  return typeof value === 'string' ? value : (value?.join(', ') ?? '');
}

/** Throws unless the Receiver lists the event, or lists none. Compared without case (Go's strings.EqualFold). */
export function requireListed({ receiver: { spec } }: CallContext, event: string, maker: string): void {
  const events = spec.events ?? [];
  if (events.length === 0 || events.some((listed) => listed.toLowerCase() === event.toLowerCase())) return;
  throw new CallRefused(`the ${maker} event ${JSON.stringify(event)} is not authorised`);
}
