import { printPlain } from '../fmt/print-value.ts';
import type { BranchNode, ListNode } from '../parse/node.ts';
import { sortedEntries } from '../value/entries.ts';
import { elementType } from '../value/signature.ts';
import { GoBytes, GoInt, GoMap, GoSlice, int, type Value } from '../value/values.ts';
import { compilePipeline } from './expression.ts';
import type { Scope } from './scope.ts';
import { BREAK, GO_ON, type State, type Statement } from './state.ts';

/** A `range`: its elements one after another, or the else part when there are none (exec.go, walkRange). */
export function compileRange(
  node: BranchNode,
  scope: Scope,
  compileList: (list: ListNode, scope: Scope) => Statement,
): Statement {
  const { pipe } = node;
  const boxed = scope.reserve();
  const { value, slots, body, otherwise } = scope.within(() => {
    const value = compilePipeline(pipe, scope);
    const names = pipe.decl.map(({ ident: [name = ''] }) => name);
    scope.box(names.at(-1) ?? '', boxed);
    return {
      value,
      slots: names.flatMap((name) => scope.find(name)?.slot ?? []),
      body: scope.withDot(boxed, () => compileList(node.list, scope)),
      otherwise: node.elseList === undefined ? undefined : compileList(node.elseList, scope),
    };
  });
  const assign = assignment(slots);
  return (state, dot) => {
    state.step();
    state.node = node;
    const collection = value(state, dot);
    state.vars[boxed] = isOfInterfaces(collection);
    let count = 0;
    for (const [index, element] of elements(state, collection, slots.length > 1)) {
      count++;
      state.step();
      assign(state, index, element);
      if (body(state, element) === BREAK) break;
    }
    return count > 0 || otherwise === undefined ? GO_ON : otherwise(state, dot);
  };
}

function isOfInterfaces(collection: Value): boolean {
  return (
    (collection instanceof GoSlice || collection instanceof GoMap) && elementType(collection.type) === 'interface {}'
  );
}

type Assign = (state: State, index: Value, element: Value) => void;

/** With one variable it is the element, with two the index comes first. */
function assignment([first, second]: readonly number[]): Assign {
  if (first === undefined) return () => undefined;
  if (second === undefined)
    return (state, _, element) => {
      state.vars[first] = element;
    };
  return (state, index, element) => {
    state.vars[first] = index;
    state.vars[second] = element;
  };
}

function elements(state: State, collection: Value, isPair: boolean): Iterable<readonly [Value, Value]> {
  if (collection instanceof GoSlice) return collection.items.map((item, index) => [int(index), item]);
  if (collection instanceof GoMap) return sortedEntries(collection);
  if (collection === undefined || collection === null) return [];
  if (collection instanceof GoBytes)
    return [...collection.bytes].map((byte, index) => [int(index), new GoInt('uint8', BigInt(byte))]);
  if (!(collection instanceof GoInt)) throw state.fail(`range can't iterate over ${printPlain(collection, state)}`);
  if (isPair) throw state.fail(`can't use ${printPlain(collection, state)} to iterate over more than one variable`);
  return counted(collection);
}

function* counted({ kind, value, type }: GoInt): Iterable<readonly [Value, Value]> {
  for (let at = 0n; at < value; at++) yield [undefined, new GoInt(kind, at, { type })];
}
