import { CelError, compileExpr } from '../engines/cel/cel.ts';
import { Fault } from '../runtime/fault.ts';

/** What the message of an object begins with that is configured wrongly (TerminalErrorMessage in Flux's controllers). */
export const TERMINAL_ERROR = 'Reconciliation failed terminally due to configuration error';

/**
 * Whether a dependency is ready by its `readyExpr`. Throws a stalled fault for an expression that is wrong, a waiting one for one that
 * cannot be answered.
 */
export function evaluateReadyExpr(
  readyExpr: string,
  self: object,
  dep: { readonly metadata: { readonly name: string } },
): boolean {
  try {
    return compileExpr(readyExpr, ['self', 'dep']).evaluateBoolean({ self, dep });
  } catch (error) {
    if (error instanceof CelError && error.code === 'Syntax') {
      const message = `${TERMINAL_ERROR}: terminal error: failed to evaluate dependency ${dep.metadata.name}: ${error.message}`;
      throw new Fault('stalled', 'InvalidCELExpression', message, { cause: error });
    }
    throw new Fault('waiting', 'DependencyNotReady', error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}
