import type { GoFunction } from '../value/values.ts';

/** The functions of a template set, by name. */
export type FunctionTable = ReadonlyMap<string, GoFunction>;

/** Which builtin the name stands for, unless the set has a function of that name of its own. */
export interface FoundFunction {
  readonly fun: GoFunction | undefined;
  readonly builtin: string | undefined;
}

/** A declared variable. */
interface Variable {
  readonly name: string;
  readonly slot: number;
  /** As of dot. */
  boxedBy: number | undefined;
}

/** The variables of a template as it is compiled: each declaration has a slot, names find the nearest (exec.go, state). */
export class Scope {
  readonly #own: FunctionTable;
  readonly #builtins: FunctionTable;
  readonly #visible: Variable[] = [];
  /** Those of each name, the nearest last: a file may have ever so many. */
  readonly #byName = new Map<string, Variable[]>();
  #slots = 1;
  /** The slot that says whether dot is an element of a container of interfaces: errors name its type so. */
  #dotBoxedBy: number | undefined;

  constructor(own: FunctionTable, builtins: FunctionTable) {
    this.#own = own;
    this.#builtins = builtins;
    this.#add({ name: '$', slot: 0, boxedBy: undefined });
  }

  #add(variable: Variable): void {
    this.#visible.push(variable);
    this.#byName.getOrInsertComputed(variable.name, () => []).push(variable);
  }

  /** How many slots were given out. */
  get slots(): number {
    return this.#slots;
  }

  declare(name: string): number {
    const slot = this.#slots++;
    this.#add({ name, slot, boxedBy: undefined });
    return slot;
  }

  /** A slot without a name. */
  reserve(): number {
    return this.#slots++;
  }

  /** A variable that is visible here. The parser lets an assignment stand for a declaration: then there is none. */
  find(name: string): Readonly<Variable> | undefined {
    return this.#byName.get(name)?.at(-1);
  }

  get dotBoxedBy(): number | undefined {
    return this.#dotBoxedBy;
  }

  /** Marks a variable as element of what a `range` goes over. */
  box(name: string, slot: number): void {
    const found = this.#byName.get(name)?.at(-1);
    if (found !== undefined) found.boxedBy = slot;
  }

  /** What is declared by `compile` is not visible after it. */
  within<T>(compile: () => T): T {
    const mark = this.#visible.length;
    const result = compile();
    for (const { name } of this.#visible.splice(mark)) this.#byName.get(name)?.pop();
    return result;
  }

  /** As {@link within}, with another dot. */
  withDot<T>(boxedBy: number | undefined, compile: () => T): T {
    const before = this.#dotBoxedBy;
    this.#dotBoxedBy = boxedBy;
    const result = this.within(compile);
    this.#dotBoxedBy = before;
    return result;
  }

  functionNamed(name: string): FoundFunction {
    const own = this.#own.get(name);
    return own === undefined ? { fun: this.#builtins.get(name), builtin: name } : { fun: own, builtin: undefined };
  }
}
