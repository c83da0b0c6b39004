import type { IncomingMessage } from 'node:http';
import type { Receiver } from '../../../crds/notification/receiver.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { redact } from '../../../lib/redact.ts';
import { isReady } from '../../../runtime/conditions.ts';
import type { Logger } from '../../../runtime/logging.ts';
import { type BodyBudget, BodyRefused, readBody } from '../http/read-body.ts';
import { type CallFilters, callFilters, jsonObject } from './filter.ts';
import type { TokenIssuers } from './oidc/token-issuers.ts';
import { rightful } from './rightful.ts';
import { pushedOf } from './sources/pushed.ts';
import { wakeSources, wakeSourcesOf } from './sources/wake-sources.ts';
import { readCredentials } from './token.ts';
import { receiverTypes } from './types/receiver-types.ts';
import { type WakeDeps, wake } from './wake.ts';
import type { Verified, WebhookCall } from './webhook-call.ts';

/** What calls are answered with. */
export interface CallDeps extends WakeDeps {
  /** The Receivers that claim this path, the oldest first. */
  receiversAt(path: string): readonly (Receiver & KubeObject)[];
  readonly issuers: TokenIssuers;
  /** What the bodies of all calls may take up together. */
  readonly bodies: BodyBudget;
  readonly log: Logger;
}

const MiB = 1024 * 1024;
/** notification-controller internal/server/limits.go. */
const maxBodyBytes = 3 * MiB;
const bodyTimeoutMs = 30_000;
const maxLoggedLength = 500;

/**
 * Answers one call, with a status and nothing else (receiver_handlers.go, handlePayload): 200 when everything was woken
 * that there is to wake, 400 for a caller that does not prove itself, 404 for a path that is nobody's, 413 for too much,
 * 500 when an object could not be woken, 503 while the Receiver is suspended or not Ready.
 */
export async function handleCall(request: IncomingMessage, deps: CallDeps, signal: AbortSignal): Promise<number> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return 413;
  // Nothing of strangers is read, nor logged: they could fill both.
  const path = request.url ?? '';
  const receiver = await rightful(deps.receiversAt(path), path, deps.client, signal);
  if (receiver === undefined) return 404;
  const { name, namespace } = receiver.metadata;
  const log = deps.log.child({ 'reconciler kind': 'Receiver', name, namespace });
  if (receiver.spec.suspend === true || !isReady(receiver.status?.conditions ?? [])) {
    log.error(`unable to process request: receiver is ${receiver.spec.suspend === true ? 'suspended' : 'not ready'}`);
    return 503;
  }
  let call: WebhookCall;
  try {
    const limits = { maxBytes: maxBodyBytes, timeoutMs: bodyTimeoutMs, budget: deps.bodies };
    call = { headers: request.headers, body: await readBody(request, limits) };
  } catch (error) {
    if (!(error instanceof BodyRefused)) throw error;
    log.error({ error }, 'reading the request body failed');
    return error.status;
  }
  const verified = await verify(receiver, call, deps, log, signal);
  if (verified === undefined) return 400;
  log.info(`handling ${shown(verified.about)}`);
  return (await wakeAll(receiver, call, verified, deps, log, signal)) ? 200 : 500;
}

/** What the caller has proved; nothing when it has not. */
async function verify(
  receiver: Receiver,
  call: WebhookCall,
  { client, issuers }: CallDeps,
  log: Logger,
  signal: AbortSignal,
): Promise<Verified | undefined> {
  try {
    const credentials = await readCredentials(receiver, client, signal);
    return await receiverTypes[receiver.spec.type].verify(call, { receiver, credentials, issuers, signal });
  } catch (error) {
    log.error({ error: shown(errorMessage(error)) }, 'unable to validate payload');
    return undefined;
  }
}

/** Whether all was woken. */
async function wakeAll(
  receiver: Receiver,
  call: WebhookCall,
  verified: Verified,
  deps: CallDeps,
  log: Logger,
  signal: AbortSignal,
): Promise<boolean> {
  let filters: CallFilters;
  try {
    filters = callFilters(receiver, call, verified);
  } catch (error) {
    log.error({ error: errorMessage(error) }, 'unable to create resource filters');
    return false;
  }
  const context = { namespace: receiver.metadata.namespace, log, signal };
  const succeeded = (waking: Promise<void>, resource: unknown): Promise<boolean> =>
    waking.then(
      () => true,
      (error: unknown) => {
        log.error({ error: errorMessage(error), resource }, 'unable to request reconciliation');
        return false;
      },
    );
  const woken = receiver.spec.resources.map((reference, index) => {
    const { kind, name, namespace } = reference;
    return succeeded(wake(reference, filters.resources[index], deps, context), { kind, name, namespace });
  });
  const scope = wakeSourcesOf(receiver);
  if (scope === 'namespace' || scope === 'all') {
    const pushed = pushedOf(bodyOf(call, verified));
    woken.push(succeeded(wakeSources(scope, pushed, filters.others, deps, context), { sources: scope }));
  }
  return (await Promise.all(woken)).every((ok) => ok);
}

/** The JSON that a call has sent; nothing when it is none, or is a form's. */
function bodyOf(call: WebhookCall, { body = call.body }: Verified): unknown {
  try {
    return jsonObject(body);
  } catch {
    return undefined;
  }
}

/** Text that a caller chose, fit for a log. */
function shown(text: string): string {
  return redact(text.slice(0, maxLoggedLength)).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ');
}
