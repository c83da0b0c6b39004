/**
 * - `Syntax`: the expression is wrong, whatever the values: only its author can help.
 * - `Evaluation`: it fails on these values, for example because a field is absent.
 * - `Budget`: it is too large, or would take too long.
 */
export type CelErrorCode = 'Syntax' | 'Evaluation' | 'Budget';

/** An expression that gives no answer. The message quotes the expression, as upstream's does, and no values. */
export class CelError extends Error {
  override readonly name = 'CelError';
  readonly code: CelErrorCode;

  constructor(code: CelErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** A position in an expression as cel-go shows it: line and column, the line, and a caret below it. */
export function locate(text: string, offset: number, message: string): string {
  const before = text.slice(0, offset).split('\n');
  const column = before.at(-1)?.length ?? 0;
  const line = text.split('\n')[before.length - 1] ?? '';
  return `ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line}\n | ${'.'.repeat(column)}^`;
}
