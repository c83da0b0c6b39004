/** The variables that are visible where the parser is, the nearest last. */
export class VisibleNames {
  readonly #names = ['$'];
  /** How many of each name there are, so that none is searched for: a file may have ever so many. */
  readonly #counts = new Map([['$', 1]]);

  get size(): number {
    return this.#names.length;
  }

  has(name: string): boolean {
    return (this.#counts.get(name) ?? 0) > 0;
  }

  add(name: string): void {
    this.#names.push(name);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** Forgets the nearest, until so many are left. */
  shrink(size: number): void {
    while (this.#names.length > size) {
      const name = this.#names.pop() ?? '';
      this.#counts.set(name, (this.#counts.get(name) ?? 1) - 1);
    }
  }
}
