import { printPlain } from '../fmt/print-value.ts';
import type { ActionNode, BranchNode, ListNode, StatementNode, TemplateNode } from '../parse/node.ts';
import { nodeText } from '../parse/node.ts';
import type { Tree } from '../parse/parse.ts';
import { quote } from '../parse/quote.ts';
import { isTrue, typeOf } from '../value/types.ts';
import { GoFunction, GoStruct, type Value } from '../value/values.ts';
import { compilePipeline } from './expression.ts';
import { compileRange } from './range.ts';
import { type FunctionTable, Scope } from './scope.ts';
import { BREAK, CONTINUE, GO_ON, type Program, type State, type Statement } from './state.ts';

/** Makes a parsed template ready to be executed, as often as one likes: nothing is looked up by name twice. */
export function compileTemplate(tree: Tree, own: FunctionTable, builtins: FunctionTable): Program {
  const scope = Scope.outermost(own, builtins, !tree.assignsInRange);
  const body = compileList(tree.root, scope);
  return { tree, body, slots: scope.slots };
}

/** Statements one after another, up to a `break` or `continue`. */
export function compileList({ nodes }: ListNode, scope: Scope): Statement {
  const statements = nodes.map((node) => compileStatement(node, scope));
  const only = statements[0];
  if (statements.length === 1 && only !== undefined) return only;
  return (state, dot) => {
    for (let at = 0; at < statements.length; at++) {
      const flow = statements[at]?.(state, dot) ?? GO_ON;
      if (flow !== GO_ON) return flow;
    }
    return GO_ON;
  };
}

/** Half of what charts have is never executed: what a condition guards is compiled when it is executed first. */
function compileLater(list: ListNode, scope: Scope, dotBoxedBy: number | undefined): Statement {
  const only = list.nodes[0];
  const isText = only === undefined || (list.nodes.length === 1 && only.type === 'text');
  const remembered = isText ? undefined : scope.remember(dotBoxedBy);
  if (remembered === undefined) return scope.withDot(dotBoxedBy, () => compileList(list, scope));
  let compiled: Statement | undefined;
  return (state, dot) => {
    compiled ??= compileList(list, remembered());
    return compiled(state, dot);
  };
}

function compileStatement(node: StatementNode, scope: Scope): Statement {
  switch (node.type) {
    case 'text':
      return (state) => {
        state.write(node.text);
        return GO_ON;
      };
    case 'action':
      return compileAction(node, scope);
    case 'if':
    case 'with':
      return compileBranch(node, scope);
    case 'range':
      return compileRange(node, scope, compileList);
    case 'template':
      return compileCall(node, scope);
    case 'break':
      return () => BREAK;
    case 'continue':
      return () => CONTINUE;
  }
}

/** Prints the value of a pipeline, unless that declares variables. */
function compileAction(node: ActionNode, scope: Scope): Statement {
  const value = compilePipeline(node.pipe, scope);
  const isDeclaration = node.pipe.decl.length > 0;
  return (state, dot) => {
    state.step();
    state.node = node;
    const result = value(state, dot);
    if (isDeclaration) return GO_ON;
    state.node = node;
    state.write(printable(state, result, node));
    return GO_ON;
  };
}

function printable(state: State, value: Value, node: ActionNode): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '<no value>';
  if (value instanceof GoFunction) throw state.fail(`can't print ${nodeText(node)} of type ${typeOf(value)}`);
  if (value instanceof GoStruct && value.text === undefined && value.type.startsWith('*'))
    return printPlain(new GoStruct(value.type.slice(1), value.fields), state);
  return printPlain(value, state);
}

function compileBranch(node: BranchNode, scope: Scope): Statement {
  const isWith = node.type === 'with';
  const { condition, list, otherwise } = scope.within(() => ({
    condition: compilePipeline(node.pipe, scope),
    list: compileLater(node.list, scope, isWith ? undefined : scope.dotBoxedBy),
    otherwise: node.elseList === undefined ? undefined : compileLater(node.elseList, scope, scope.dotBoxedBy),
  }));
  return (state, dot) => {
    state.step();
    state.node = node;
    const value = condition(state, dot);
    if (isTrue(value)) return list(state, isWith ? value : dot);
    return otherwise === undefined ? GO_ON : otherwise(state, dot);
  };
}

function compileCall(node: TemplateNode, scope: Scope): Statement {
  const argument = node.pipe === undefined ? undefined : compilePipeline(node.pipe, scope);
  return (state, dot) => {
    state.step();
    state.node = node;
    const program = state.execution.templates.program(node.name);
    if (program === undefined) throw state.fail(`template ${quote(node.name)} not defined`);
    const value = argument?.(state, dot);
    state.append(state.capture(program, value));
    return GO_ON;
  };
}
