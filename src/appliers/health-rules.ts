import { type HealthCheckExpression, healthExpressions } from '../apply/health-expressions.ts';
import type { ObjectStatus } from '../apply/kstatus-fields.ts';
import { CelError } from '../engines/cel/cel.ts';
import type { KubeObject } from '../kube/object.ts';
import { Fault } from '../runtime/fault.ts';
import { TERMINAL_ERROR } from './ready-expr.ts';

/** How an object is judged that `spec.healthCheckExprs` speaks of; undefined for all others, which kstatus judges. */
export type HealthRules = (object: KubeObject) => ObjectStatus | undefined;

/**
 * The rules of `spec.healthCheckExprs`. Throws a stalled fault when an expression is wrong (cel.NewStatusReader); its event
 * is the error alone where `plainEvent` asks for that.
 */
export function healthRulesOf(
  checks: readonly HealthCheckExpression[] | undefined,
  { plainEvent = false }: { readonly plainEvent?: boolean } = {},
): HealthRules {
  try {
    return healthExpressions(checks ?? []);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    throw new Fault('stalled', 'InvalidCELExpression', `${TERMINAL_ERROR}: ${error.message}`, {
      cause: error,
      ...(plainEvent ? { event: error.message } : {}),
    });
  }
}
