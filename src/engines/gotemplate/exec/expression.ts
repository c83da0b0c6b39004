import type {
  ArgNode,
  ChainNode,
  CommandNode,
  FieldNode,
  IdentifierNode,
  NumberNode,
  PipeNode,
  VariableNode,
} from '../parse/node.ts';
import { nodeText } from '../parse/node.ts';
import { elementType } from '../value/signature.ts';
import { isTrue, typeOf } from '../value/types.ts';
import { GoComplex, type GoFunction, GoInt, GoMap, int, type ParamType, type Value } from '../value/values.ts';
import { type Arg, call, type Final, missing, validate } from './call.ts';
import { callBuiltin } from './call-builtin.ts';
import { type FieldCall, field, noField } from './field.ts';
import type { Scope } from './scope.ts';
import type { State } from './state.ts';

/** An expression, ready to be evaluated. */
export type Expression = (state: State, dot: Value) => Value;
/** A command of a pipeline, to which the value before it is handed; or a term that stands alone, which is handed none. */
type Command = (state: State, dot: Value, final: Final) => Value;

/** A pipeline with what it declares (exec.go, evalPipeline). */
export function compilePipeline(pipe: PipeNode, scope: Scope): Expression {
  const commands = pipe.cmds.map((cmd) => compileCommand(cmd, scope));
  const value = compileCommands(pipe, commands);
  if (pipe.decl.length === 0) return value;
  const slots = pipe.decl.map(({ ident: [name = ''] }) => ({
    name,
    slot: pipe.isAssign ? scope.find(name)?.slot : scope.declare(name),
  }));
  return (state, dot) => {
    const result = value(state, dot);
    for (const { name, slot } of slots) {
      if (slot === undefined) throw state.fail(`undefined variable: ${name}`);
      state.vars[slot] = result;
    }
    return result;
  };
}

function compileCommands(pipe: PipeNode, commands: readonly Command[]): Expression {
  const only = commands[0];
  if (commands.length === 1 && only !== undefined)
    return (state, dot) => {
      state.node = pipe;
      return only(state, dot, missing) ?? undefined;
    };
  return (state, dot) => {
    state.node = pipe;
    let value: Final = missing;
    // An interface that holds nothing becomes no value at all on its way through a pipe.
    for (let at = 0; at < commands.length; at++) value = commands[at]?.(state, dot, value) ?? undefined;
    return value === missing ? undefined : value;
  };
}

function compileCommand(cmd: CommandNode, scope: Scope): Command {
  const first = cmd.args[0];
  if (first === undefined) throw new Error('a command without words');
  const rest = cmd.args.length === 1 ? noWords : cmd.args.slice(1);
  const args = rest.length === 0 ? noArgs : rest.map((arg) => compileArg(arg, scope));
  switch (first.type) {
    case 'field':
      return compileField(first, args, scope.dotBoxedBy);
    case 'chain':
      return compileChain(first, args, scope);
    case 'identifier':
      return compileFunction(first, cmd, rest, args, scope);
    case 'variable':
      return compileVariable(first, args, scope);
    default:
      return notAFunction(first, args, compileTerm(first, scope));
  }
}

/** A term that takes no arguments. */
function notAFunction(first: ArgNode, args: readonly Arg[], value: Command): Command {
  return (state, dot, final) => {
    if (first.type !== 'pipe') state.node = first;
    if (args.length > 0 || final !== missing)
      throw state.fail(`can't give argument to non-function ${nodeText(first)}`);
    return value(state, dot, missing);
  };
}

function compileTerm(node: ArgNode, scope: Scope): Command {
  switch (node.type) {
    case 'pipe':
      return compilePipeline(node, scope);
    case 'dot':
      return dotItself;
    case 'bool':
      return () => node.value;
    case 'string':
      return () => node.text;
    case 'number':
      return idealConstant(node);
    case 'nil':
      return (state) => {
        throw state.fail('nil is not a command');
      };
    default:
      return evaluated(node, scope);
  }
}

const dotItself: Command = (_, dot) => dot;
const noArgs: readonly Arg[] = [];
const noWords: readonly ArgNode[] = [];

/** The value of a node that is no literal, without arguments. */
function evaluated(node: ArgNode, scope: Scope): Command {
  switch (node.type) {
    case 'field':
      return compileField(node, noArgs, scope.dotBoxedBy);
    case 'variable':
      return compileVariable(node, noArgs, scope);
    case 'chain':
      return compileChain(node, noArgs, scope);
    case 'identifier':
      return compileFunction(node, node, [], noArgs, scope);
    default:
      return compileTerm(node, scope);
  }
}

/** Fields one after another, and what follows the last. */
interface Path {
  readonly node: Extract<ArgNode, { type: 'field' | 'chain' | 'variable' }>;
  readonly names: readonly string[];
  /** Where the fields begin among the names. */
  readonly first: number;
  /** The slot that says whether the first receiver is an element of a container of interfaces. */
  readonly boxedBy: number | undefined;
  readonly args: readonly Arg[];
}

function compileField(node: FieldNode, args: readonly Arg[], boxedBy: number | undefined): Command {
  const path: Path = { node, names: node.ident, first: 0, boxedBy, args };
  return (state, dot, final) => {
    state.node = node;
    return follow(state, dot, final, path, dot);
  };
}

/** Goes from a receiver along a path. Most of what is on the way are maps that have what is looked for. */
function follow(state: State, dot: Value, final: Final, path: Path, receiver: Value): Value {
  const { names } = path;
  const plain = path.args.length > 0 || final !== missing ? names.length - 1 : names.length;
  let previous: Value;
  let value = receiver;
  for (let at = path.first; at < names.length; at++) {
    const name = names[at] ?? '';
    const known =
      at < plain && value instanceof GoMap && value.methods === undefined ? value.entries.get(name) : undefined;
    const next = known === undefined ? step(state, dot, final, path, at, value) : known;
    if (next === noField) throw fieldFault(state, path, at, value, previous);
    previous = value;
    value = next;
  }
  return value;
}

/** One field, whatever its receiver is. Only the last is given arguments. */
function step(state: State, dot: Value, final: Final, path: Path, at: number, receiver: Value): Value | typeof noField {
  const { node, names, args } = path;
  const isLast = at === names.length - 1;
  const use: FieldCall = isLast ? { node, args, final } : { node, args: noArgs, final: missing };
  return field(state, dot, receiver, names[at] ?? '', use);
}

/** What comes out of a container of interfaces is an interface, for text/template, until it goes through a pipe. */
function fieldFault(state: State, path: Path, index: number, receiver: Value, previous: Value): Error {
  const { names, boxedBy } = path;
  const isBoxed =
    index === path.first
      ? boxedBy !== undefined && state.vars[boxedBy] === true
      : previous instanceof GoMap && elementType(previous.underlying) === 'interface {}';
  const type = isBoxed ? 'interface {}' : typeOf(receiver);
  return state.fail(`can't evaluate field ${names[index]} in type ${type}`);
}

function compileVariable(node: VariableNode, args: readonly Arg[], scope: Scope): Command {
  const name = node.ident[0] ?? '';
  const { slot = -1, boxedBy } = scope.find(name) ?? {};
  const path: Path = { node, names: node.ident, first: 1, boxedBy, args };
  return (state, dot, final) => {
    state.node = node;
    if (slot < 0) throw state.fail(`undefined variable: ${name}`);
    const value = state.vars[slot];
    if (path.names.length > 1) return follow(state, dot, final, path, value);
    if (args.length > 0 || final !== missing) throw state.fail(`can't give argument to non-function ${nodeText(node)}`);
    return value;
  };
}

function compileChain(node: ChainNode, args: readonly Arg[], scope: Scope): Command {
  if (node.node.type === 'nil')
    return (state) => {
      state.node = node;
      throw state.fail(`indirection through explicit nil in ${nodeText(node)}`);
    };
  const inner = evaluated(node.node, scope);
  const path: Path = { node, names: node.fields, first: 0, boxedBy: undefined, args };
  return (state, dot, final) => {
    state.node = node.node;
    return follow(state, dot, final, path, inner(state, dot, missing) ?? undefined);
  };
}

function compileFunction(
  node: IdentifierNode,
  at: CommandNode | IdentifierNode,
  words: readonly ArgNode[],
  args: readonly Arg[],
  scope: Scope,
): Command {
  const { name } = node;
  const { fun, builtin } = scope.functionNamed(name);
  if (fun === undefined) throw new Error(`function ${name} vanished after parsing`);
  if (builtin === 'and' || builtin === 'or') return compileAndOr(node, fun, args, builtin);
  const callee = { name, node: at };
  if (builtin === 'call') {
    const [target] = words;
    return callBuiltin(fun, callee, target === undefined ? undefined : nodeText(target), args);
  }
  return (state, dot, final) => {
    state.node = node;
    return call(state, dot, fun, callee, args, final);
  };
}

/** `and` and `or` evaluate no more arguments than they need. */
function compileAndOr(node: IdentifierNode, fun: GoFunction, args: readonly Arg[], name: 'and' | 'or'): Command {
  const [type] = fun.params;
  if (type === undefined) throw new Error(`${name} without parameters`);
  return (state, dot, final) => {
    state.node = node;
    if (args.length === 0 && final === missing)
      throw state.fail(`wrong number of args for ${name}: want at least 1 got 0`);
    let value: Value;
    for (const arg of args) {
      value = arg(state, dot, type);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return final === missing ? value : validate(state, final, type);
  };
}

/** An argument as written: a literal becomes the type that is wanted, anything else is checked (exec.go, evalArg). */
function compileArg(node: ArgNode, scope: Scope): Arg {
  switch (node.type) {
    case 'nil':
      return (state, _, type) => {
        state.node = node;
        if (type.nilable) return type.zero();
        throw state.fail(`cannot assign nil to ${type.name}`);
      };
    case 'bool':
    case 'string':
    case 'number':
      return literal(node);
    default: {
      const value = evaluated(node, scope);
      return (state, dot, type) => {
        state.node = node;
        return validate(state, value(state, dot, missing), type);
      };
    }
  }
}

function literal(node: Extract<ArgNode, { type: 'bool' | 'string' | 'number' }>): Arg {
  const constant = node.type === 'number' ? idealValue(node) : literalValue(node);
  return (state, _, type) => {
    state.node = node;
    if (type.literal === 'any') return constant ?? overflow(state, node);
    if (type.literal === 'none') throw state.fail(`can't handle ${nodeText(node)} for arg of type ${type.name}`);
    const value = typedLiteral(node, type);
    if (value === undefined) throw state.fail(`expected ${expected[type.literal]}; found ${nodeText(node)}`);
    return value;
  };
}

const expected = {
  bool: 'bool',
  string: 'string',
  integer: 'integer',
  unsigned: 'unsigned integer',
  float: 'float',
  complex: 'complex',
} as const;

function literalValue(node: Extract<ArgNode, { type: 'bool' | 'string' }>): Value {
  return node.type === 'bool' ? node.value : node.text;
}

function typedLiteral(node: Extract<ArgNode, { type: 'bool' | 'string' | 'number' }>, type: ParamType): Value {
  switch (type.literal) {
    case 'bool':
      return node.type === 'bool' ? node.value : undefined;
    case 'string':
      return node.type === 'string' ? node.text : undefined;
    default:
      return node.type === 'number' ? typedNumber(node, type) : undefined;
  }
}

function typedNumber({ value }: NumberNode, { literal: wanted, intKind = 'int' }: ParamType): Value {
  switch (wanted) {
    case 'integer':
      return value.int === undefined ? undefined : new GoInt(intKind, BigInt.asIntN(64, value.int));
    case 'unsigned':
      return value.uint === undefined ? undefined : new GoInt(intKind, value.uint);
    case 'float':
      return value.float;
    default:
      return value.complex === undefined ? undefined : new GoComplex(value.complex.re, value.complex.im);
  }
}

/** A number where nothing says which type it shall have: its syntax does (exec.go, idealConstant). */
function idealConstant(node: NumberNode): Command {
  const value = idealValue(node);
  return (state) => value ?? overflow(state, node);
}

function overflow(state: State, node: ArgNode): never {
  state.node = node;
  throw state.fail(`${nodeText(node)} overflows int`);
}

function idealValue({ text, value: { int: whole, float, complex } }: NumberNode): Value {
  if (complex !== undefined) return new GoComplex(complex.re, complex.im);
  const isHex = /^0[xX]/.test(text) && text.length > 2 && !/[pP]/.test(text);
  if (float !== undefined && !isHex && !text.startsWith("'") && /[.eEpP]/.test(text)) return float;
  return whole === undefined ? undefined : int(whole);
}
