import type { Provider } from '../../../crds/notification/provider.ts';
import { compileStringExpr, type StringExpr } from '../../../engines/cel/cel.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { eventBody, type NotificationEvent } from '../event.ts';
import { NotifyError } from './notifier.ts';
import { isCommitStatusType } from './types.ts';

/** An object as expressions see it. */
type AnyObject = Readonly<Record<string, unknown>>;

const variables = ['event', 'alert', 'provider'];
const maxKept = 100;

/**
 * Ids of commit statuses: what `spec.commitStatusExpr` gives, or else `kind/name/provider-uid`, of the uid the first
 * part (internal/server/provider_commit_status.go). Expressions are compiled once.
 */
export class CommitStatusIds {
  readonly #compiled = new Map<string, StringExpr>();

  /** The id for an event; '' for types that set no status. Throws NotifyError in upstream's words. */
  idOf(provider: Provider, event: NotificationEvent, alert: object): string {
    const { type, commitStatusExpr = '' } = provider.spec;
    if (!isCommitStatusType(type)) return '';
    if (commitStatusExpr === '') return defaultId(provider.metadata.uid ?? '', event);
    try {
      const expression = this.#expression(commitStatusExpr);
      return expression.evaluateString({ event: eventBody(event), alert: alert as AnyObject, provider });
    } catch (cause) {
      const problem = 'failed to evaluate the spec.commitStatusExpr CEL expression for the event';
      throw new NotifyError(`${problem}: ${errorMessage(cause)}`, { permanent: true, cause });
    }
  }

  #expression(text: string): StringExpr {
    const known = this.#compiled.get(text);
    if (known !== undefined) return known;
    const expression = compile(text);
    if (this.#compiled.size >= maxKept) this.#compiled.clear();
    this.#compiled.set(text, expression);
    return expression;
  }
}

function compile(text: string): StringExpr {
  try {
    return compileStringExpr(text, variables);
  } catch (cause) {
    throw new Error(`failed to compile expression: ${errorMessage(cause)}`, { cause });
  }
}

function defaultId(uid: string, { involvedObject: { kind, name } }: NotificationEvent): string {
  return `${kind}/${name}/${uid.split('-', 1)[0]}`.toLowerCase();
}
