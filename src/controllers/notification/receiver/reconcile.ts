import type { Receiver } from '../../../crds/notification/receiver.ts';
import type { Client } from '../../../kube/client.ts';
import { formatDuration, parseDuration } from '../../../lib/duration.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { findCondition } from '../../../runtime/conditions.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { Outcome } from '../../../runtime/outcome.ts';
import { readCredentials, TokenError } from './token.ts';
import { validateSpec } from './validate-spec.ts';
import { webhookPath } from './webhook-path.ts';

/** What the steps of a Receiver's reconcile share. */
export interface ReceiverDeps {
  readonly client: Client;
  /** `--no-cross-namespace-refs`. */
  readonly noCrossNamespaceRefs: boolean;
}

const defaultInterval = '10m';

/**
 * Makes the path of a Receiver what its token says, and refuses a Receiver that cannot work (receiver_controller.go,
 * reconcile). Calls are answered by the server, for Receivers that are Ready alone.
 */
export async function reconcileReceiver(
  object: Receiver,
  attempt: AttemptContext,
  { client, noCrossNamespaceRefs }: ReceiverDeps,
): Promise<Outcome> {
  validateSpec(object, noCrossNamespaceRefs);
  const message = 'Reconciliation in progress';
  attempt.record({}, [{ type: 'Reconciling', status: 'True', reason: 'Progressing', message }]);
  const path = await pathOf(object, attempt, client);
  return {
    state: 'ready',
    status: { webhookPath: path },
    message: `Receiver initialized for path: ${path}`,
    events: isNews(object, path, attempt) ? [{ reason: 'Succeeded', message: finished(object) }] : [],
  };
}

/** Without a token there is no path: nobody may call the one of before. */
async function pathOf(object: Receiver, attempt: AttemptContext, client: Client): Promise<string> {
  try {
    const { token } = await readCredentials(object, client, attempt.signal);
    return webhookPath(token, object.metadata);
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    const { message, cause } = error;
    attempt.record({ webhookPath: undefined });
    // The event and the condition have different reasons upstream.
    attempt.event({ severity: 'error', reason: 'Failed', message });
    throw new Fault('retry', 'TokenNotFound', message, { cause, event: false });
  }
}

function finished({ spec }: Receiver): string {
  const interval = parseDuration(spec.interval ?? defaultInterval);
  return `Reconciliation finished, next run in ${formatDuration(interval)}`;
}

/** Differs from Flux: what every interval finds as it was is no event (ADR 16). */
function isNews({ metadata: { generation }, status }: Receiver, path: string, { requested }: AttemptContext): boolean {
  const ready = findCondition(status?.conditions ?? [], 'Ready');
  return (
    requested || ready?.status !== 'True' || status?.observedGeneration !== generation || status?.webhookPath !== path
  );
}
