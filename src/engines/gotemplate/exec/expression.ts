import type { ArgNode, ChainNode, CommandNode, IdentifierNode, NumberNode, PipeNode } from '../parse/node.ts';
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
/** A command of a pipeline, to which the value before it is handed. */
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
  const [only] = commands;
  if (commands.length === 1 && only !== undefined)
    return (state, dot) => {
      state.node = pipe;
      return only(state, dot, missing) ?? undefined;
    };
  return (state, dot) => {
    state.node = pipe;
    let value: Final = missing;
    // An interface that holds nothing becomes no value at all on its way through a pipe.
    for (const command of commands) value = command(state, dot, value) ?? undefined;
    return value === missing ? undefined : value;
  };
}

function compileCommand(cmd: CommandNode, scope: Scope): Command {
  const [first, ...rest] = cmd.args;
  if (first === undefined) throw new Error('a command without words');
  const args = rest.map((arg) => compileArg(arg, scope));
  switch (first.type) {
    case 'field':
      return compileFields((_, dot) => dot, { node: first, names: first.ident, boxedBy: scope.dotBoxedBy }, args);
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
function notAFunction(first: ArgNode, args: readonly Arg[], value: Expression): Command {
  return (state, dot, final) => {
    if (first.type !== 'pipe') state.node = first;
    if (args.length > 0 || final !== missing)
      throw state.fail(`can't give argument to non-function ${nodeText(first)}`);
    return value(state, dot);
  };
}

function compileTerm(node: ArgNode, scope: Scope): Expression {
  switch (node.type) {
    case 'pipe':
      return compilePipeline(node, scope);
    case 'dot':
      return (_, dot) => dot;
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

/** The value of a node that is no literal, without arguments. */
function evaluated(node: ArgNode, scope: Scope): Expression {
  switch (node.type) {
    case 'field': {
      const get = compileFields((_, dot) => dot, { node, names: node.ident, boxedBy: scope.dotBoxedBy }, []);
      return (state, dot) => get(state, dot, missing);
    }
    case 'variable': {
      const get = compileVariable(node, [], scope);
      return (state, dot) => get(state, dot, missing);
    }
    case 'chain': {
      const get = compileChain(node, [], scope);
      return (state, dot) => get(state, dot, missing);
    }
    case 'identifier': {
      const get = compileFunction(node, node, [], [], scope);
      return (state, dot) => get(state, dot, missing);
    }
    default:
      return compileTerm(node, scope);
  }
}

/** A chain of fields. */
interface Path {
  readonly node: Extract<ArgNode, { type: 'field' | 'chain' | 'variable' }>;
  readonly names: readonly string[];
  /** The slot that says whether the first receiver is an element of a container of interfaces. */
  readonly boxedBy: number | undefined;
}

function compileFields(receiver: Expression, path: Path, args: readonly Arg[]): Command {
  const { node, names } = path;
  const bare: FieldCall = { node, args: [], final: missing };
  const last = names.length - 1;
  return (state, dot, final) => {
    state.node = node;
    let value = receiver(state, dot);
    let previous: Value;
    let index = -1;
    for (const name of names) {
      index++;
      const use: FieldCall = index < last || (args.length === 0 && final === missing) ? bare : { node, args, final };
      const found = field(state, dot, value, name, use);
      if (found === noField) throw fieldFault(state, path, index, value, previous);
      previous = value;
      value = found;
    }
    return value;
  };
}

/** What comes out of a container of interfaces is an interface, for text/template, until it goes through a pipe. */
function fieldFault(state: State, { names, boxedBy }: Path, index: number, receiver: Value, previous: Value): Error {
  const isBoxed =
    index === 0
      ? boxedBy !== undefined && state.vars[boxedBy] === true
      : previous instanceof GoMap && elementType(previous.underlying) === 'interface {}';
  const type = isBoxed ? 'interface {}' : typeOf(receiver);
  return state.fail(`can't evaluate field ${names[index]} in type ${type}`);
}

function compileVariable(node: Extract<ArgNode, { type: 'variable' }>, args: readonly Arg[], scope: Scope): Command {
  const [name = '', ...fields] = node.ident;
  const { slot = -1, boxedBy } = scope.find(name) ?? {};
  const value: Expression = (state) => {
    if (slot < 0) throw state.fail(`undefined variable: ${name}`);
    return state.vars[slot];
  };
  if (fields.length > 0) return compileFields(value, { node, names: fields, boxedBy }, args);
  return (state, dot, final) => {
    state.node = node;
    if (args.length > 0 || final !== missing) throw state.fail(`can't give argument to non-function ${nodeText(node)}`);
    return value(state, dot);
  };
}

function compileChain(node: ChainNode, args: readonly Arg[], scope: Scope): Command {
  if (node.node.type === 'nil')
    return (state) => {
      state.node = node;
      throw state.fail(`indirection through explicit nil in ${nodeText(node)}`);
    };
  const inner = evaluated(node.node, scope);
  const receiver: Expression = (state, dot) => {
    state.node = node.node;
    return inner(state, dot) ?? undefined;
  };
  return compileFields(receiver, { node, names: node.fields, boxedBy: undefined }, args);
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
        return validate(state, value(state, dot), type);
      };
    }
  }
}

function literal(node: Extract<ArgNode, { type: 'bool' | 'string' | 'number' }>): Arg {
  const constant: Expression = node.type === 'number' ? idealConstant(node) : () => literalValue(node);
  return (state, dot, type) => {
    state.node = node;
    if (type.literal === 'any') return constant(state, dot);
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
function idealConstant(node: NumberNode): Expression {
  const value = idealValue(node);
  return (state) => {
    state.node = node;
    if (value === undefined) throw state.fail(`${node.text} overflows int`);
    return value;
  };
}

function idealValue({ text, value: { int: whole, float, complex } }: NumberNode): Value {
  if (complex !== undefined) return new GoComplex(complex.re, complex.im);
  const isHex = /^0[xX]/.test(text) && text.length > 2 && !/[pP]/.test(text);
  if (float !== undefined && !isHex && !text.startsWith("'") && /[.eEpP]/.test(text)) return float;
  return whole === undefined ? undefined : int(whole);
}
