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

/** What all scopes of a template share. */
interface Shared {
  readonly own: FunctionTable;
  readonly builtins: FunctionTable;
  /** False where what is compiled changes what is known of variables outside of it: then the order counts. */
  readonly remembers: boolean;
  slots: number;
}

/** How many variables may be visible where parts are left for later: each remembers them. */
const MAX_REMEMBERED = 32;

/** The variables of a template as it is compiled: each declaration has a slot, names find the nearest (exec.go, state). */
export class Scope {
  readonly #shared: Shared;
  readonly #visible: Variable[] = [];
  /** Those of each name, the nearest last: a file may have ever so many. */
  readonly #byName = new Map<string, Variable[]>();
  /** The slot that says whether dot is an element of a container of interfaces: errors name its type so. */
  #dotBoxedBy: number | undefined;
  /** What is visible now, where that was asked for. */
  #remembered: readonly Variable[] | undefined;

  private constructor(shared: Shared, visible: readonly Variable[], dotBoxedBy?: number) {
    this.#shared = shared;
    this.#dotBoxedBy = dotBoxedBy;
    for (const variable of visible) this.#add(variable);
  }

  /** That of a template: nothing but `$` is visible. `remembers`: whether parts may be left for later. */
  static outermost(own: FunctionTable, builtins: FunctionTable, remembers: boolean): Scope {
    return new Scope({ own, builtins, remembers, slots: 1 }, [{ name: '$', slot: 0, boxedBy: undefined }]);
  }

  /** A function that gives a scope as this one is now, whatever becomes of it; undefined where too much is visible. */
  remember(dotBoxedBy: number | undefined): (() => Scope) | undefined {
    if (!this.#shared.remembers || this.#visible.length > MAX_REMEMBERED) return undefined;
    this.#remembered ??= this.#visible.slice();
    const visible = this.#remembered;
    return () => new Scope(this.#shared, visible, dotBoxedBy);
  }

  #add(variable: Variable): void {
    this.#remembered = undefined;
    this.#visible.push(variable);
    this.#byName.getOrInsertComputed(variable.name, () => []).push(variable);
  }

  /** How many slots were given out so far: what is compiled later may need more. */
  get slots(): number {
    return this.#shared.slots;
  }

  declare(name: string): number {
    const slot = this.#shared.slots++;
    this.#add({ name, slot, boxedBy: undefined });
    return slot;
  }

  /** A slot without a name. */
  reserve(): number {
    return this.#shared.slots++;
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
    while (this.#visible.length > mark) {
      this.#remembered = undefined;
      this.#byName.get(this.#visible.pop()?.name ?? '')?.pop();
    }
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
    const { own: table, builtins } = this.#shared;
    const own = table.get(name);
    return own === undefined ? { fun: builtins.get(name), builtin: name } : { fun: own, builtin: undefined };
  }
}
