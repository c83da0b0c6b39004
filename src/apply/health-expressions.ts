import { type BooleanExpr, CelError, parseExpr } from '../engines/cel/cel.ts';
import type { KubeObject } from '../kube/object.ts';
import { current, failed, inProgress, type ObjectStatus, valueAt } from './kstatus-fields.ts';
import { splitApiVersion } from './object-ref.ts';

/** One item of `spec.healthCheckExprs`. */
export interface HealthCheckExpression {
  readonly apiVersion: string;
  /** All kinds of the group when absent. */
  readonly kind?: string;
  readonly current: string;
  readonly inProgress?: string;
  readonly failed?: string;
}

interface Evaluator {
  readonly inProgress: BooleanExpr | undefined;
  readonly failed: BooleanExpr | undefined;
  readonly current: BooleanExpr;
  /** What was said when it used up its budget: it is not given another one for each object. */
  exhausted?: string;
}

/**
 * How the objects that the expressions are about are judged; undefined for others. An expression that cannot be
 * evaluated gives Unknown with the reason (fluxcd/pkg runtime/cel, StatusReader and StatusEvaluator, RFC-0009).
 * Throws {@link CelError} when one is wrong or two are about the same kind; the message says which.
 */
export function healthExpressions(
  checks: readonly HealthCheckExpression[],
): (object: KubeObject) => ObjectStatus | undefined {
  const evaluators = new Map<string, Evaluator>();
  for (const [index, check] of checks.entries()) {
    const { group } = splitApiVersion(check.apiVersion);
    const key = `${group}/${check.kind ?? ''}`;
    if (evaluators.has(key)) {
      const name = [check.kind, group].filter(Boolean).join('.');
      throw new CelError('Syntax', `duplicate custom health check for GroupKind ${name} at healthchecks[${index}]`);
    }
    evaluators.set(key, evaluatorFor(check, index));
  }
  return (object) => {
    const { group } = splitApiVersion(object.apiVersion);
    const evaluator = evaluators.get(`${group}/${object.kind}`) ?? evaluators.get(`${group}/`);
    return evaluator === undefined ? undefined : evaluate(evaluator, object);
  };
}

function evaluatorFor(check: HealthCheckExpression, index: number): Evaluator {
  const prefix = `failed to create custom status evaluator for healthchecks[${index}]`;
  if (check.current === '') throw new CelError('Syntax', `${prefix}: expression Current not specified`);
  const parsed = (name: string, text: string): BooleanExpr => {
    try {
      return parseExpr(text);
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      throw new CelError('Syntax', `${prefix}: failed to parse the expression ${name}: ${error.message}`, error);
    }
  };
  const optional = (name: string, text = ''): BooleanExpr | undefined => (text === '' ? undefined : parsed(name, text));
  return {
    current: parsed('Current', check.current),
    failed: optional('Failed', check.failed),
    inProgress: optional('InProgress', check.inProgress),
  };
}

function evaluate(evaluator: Evaluator, object: KubeObject): ObjectStatus {
  const observed = valueAt(object, ['status', 'observedGeneration']);
  const { generation } = object.metadata;
  if (Number.isInteger(observed) && generation !== undefined && observed !== generation) return inProgress('');
  if (evaluator.exhausted !== undefined) return { status: 'Unknown', message: evaluator.exhausted };
  try {
    if (evaluator.inProgress?.evaluateBoolean(object) === true) return inProgress('');
    if (evaluator.failed?.evaluateBoolean(object) === true) return failed('');
    return evaluator.current.evaluateBoolean(object) ? current('') : inProgress('');
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    if (error.code === 'Budget') evaluator.exhausted = error.message;
    return { status: 'Unknown', message: error.message };
  }
}
