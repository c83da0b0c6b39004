import type { Receiver } from '../../../crds/notification/receiver.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { Fault } from '../../../runtime/fault.ts';
import { invalidDuration } from '../../../runtime/spec-durations.ts';
import { compileFilter } from './filter.ts';

/**
 * Throws a stalled fault when a Receiver cannot work as it is (receiver_controller.go, reconcile): an expression that is
 * none, or providers of tokens that do not fit the type.
 */
export function validateSpec({ spec }: Receiver): void {
  const withClaims = spec.type === 'generic-oidc';
  const compile = (text: string | undefined, what: string): void => {
    if (text === undefined || text === '') return;
    try {
      compileFilter(text, withClaims);
    } catch (error) {
      throw terminal('InvalidCELExpression', `${what}: ${errorMessage(error)}`, error);
    }
  };
  compile(spec.resourceFilter, 'invalid resourceFilter expression');
  for (const [index, { kind, name, filter }] of spec.resources.entries()) {
    compile(filter, `invalid filter expression for resources[${index}] (kind="${kind}", name="${name}")`);
  }
  const problem = invalidDuration(spec, ['interval']);
  if (problem !== undefined) throw terminal('ValidationFailed', problem);
}

function terminal(reason: 'InvalidCELExpression' | 'ValidationFailed', problem: string, cause?: unknown): Fault {
  const message = `Reconciliation failed terminally due to configuration error: ${problem}`;
  return new Fault('stalled', reason, message, cause === undefined ? {} : { cause });
}
