import { BuildError, combined, isLimitExceeded, prefixed } from './build-error.ts';

/** How many problems one step collects before it gives up. */
const maxProblems = 20;

/**
 * Collects what goes wrong with things that do not depend on each other, so that all of it is told at once. The original
 * stops at the first.
 */
export class Problems {
  readonly #found: unknown[] = [];

  /** Does something; undefined when it failed. */
  attempt<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      if (isLimitExceeded(error)) throw error;
      this.#found.push(error);
      if (this.#found.length >= maxProblems) this.throwIfAny();
      return undefined;
    }
  }

  get any(): boolean {
    return this.#found.length > 0;
  }

  /** Throws the {@link BuildError} that tells of all that failed. */
  throwIfAny(): void {
    const [first] = this.#found;
    if (first === undefined) return;
    if (this.#found.length === 1) throw first;
    throw combined(this.#found.map((error) => (error instanceof BuildError ? error : prefixed(error, 'building'))));
  }
}

/** Does something with every item; throws one {@link BuildError} that tells of all items for which it failed. */
export function collect<T, R>(items: Iterable<T>, action: (item: T) => R): R[] {
  const problems = new Problems();
  const results: R[] = [];
  for (const item of items) problems.attempt(() => results.push(action(item)));
  problems.throwIfAny();
  return results;
}
