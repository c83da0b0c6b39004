/** Nodes of a parsed template (text/template/parse, node.go). `pos` is an offset in the text of the node's file. */
interface Base {
  readonly pos: number;
}

export interface TextNode extends Base {
  readonly type: 'text';
  readonly text: string;
}
export interface ActionNode extends Base {
  readonly type: 'action';
  readonly pipe: PipeNode;
}
export interface PipeNode extends Base {
  readonly type: 'pipe';
  /** `$x = ...` rather than `$x := ...`. */
  readonly isAssign: boolean;
  readonly decl: readonly VariableNode[];
  readonly cmds: readonly CommandNode[];
}
export interface CommandNode extends Base {
  readonly type: 'command';
  readonly args: readonly ArgNode[];
}
export interface IdentifierNode extends Base {
  readonly type: 'identifier';
  readonly name: string;
}
export interface VariableNode extends Base {
  readonly type: 'variable';
  /** The name with its dollar, then the fields that follow. */
  readonly ident: readonly string[];
}
export interface DotNode extends Base {
  readonly type: 'dot';
}
export interface NilNode extends Base {
  readonly type: 'nil';
}
export interface FieldNode extends Base {
  readonly type: 'field';
  readonly ident: readonly string[];
}
export interface ChainNode extends Base {
  readonly type: 'chain';
  readonly node: ArgNode;
  readonly fields: readonly string[];
}
export interface BoolNode extends Base {
  readonly type: 'bool';
  readonly value: boolean;
}
export interface StringNode extends Base {
  readonly type: 'string';
  /** As written. */
  readonly quoted: string;
  readonly text: string;
}
export interface NumberNode extends Base {
  readonly type: 'number';
  readonly text: string;
  readonly value: NumberValue;
}
/** What a constant can stand for: each is set where its syntax and size allow it. */
export interface NumberValue {
  readonly int?: bigint;
  readonly uint?: bigint;
  readonly float?: number;
  readonly complex?: { readonly re: number; readonly im: number };
}
export interface BranchNode extends Base {
  readonly type: 'if' | 'with' | 'range';
  readonly pipe: PipeNode;
  readonly list: ListNode;
  readonly elseList?: ListNode;
}
export interface JumpNode extends Base {
  readonly type: 'break' | 'continue';
}
export interface TemplateNode extends Base {
  readonly type: 'template';
  readonly name: string;
  readonly pipe?: PipeNode;
}
/** `{{else}}` and `{{end}}`, which never outlive parsing. */
export interface EndNode extends Base {
  readonly type: 'else' | 'end';
}
export interface ListNode extends Base {
  readonly type: 'list';
  readonly nodes: readonly StatementNode[];
}

export type StatementNode = TextNode | ActionNode | BranchNode | JumpNode | TemplateNode;

export type ArgNode =
  | IdentifierNode
  | VariableNode
  | DotNode
  | NilNode
  | FieldNode
  | ChainNode
  | BoolNode
  | StringNode
  | NumberNode
  | PipeNode;

/** Every node that an error can be about. */
export type Node = StatementNode | ArgNode | CommandNode | ListNode;

/** A node as error messages quote it: the source, its spaces put in order. */
export function nodeText(node: Node | EndNode): string {
  switch (node.type) {
    case 'text':
      return node.text;
    case 'action':
      return `{{${nodeText(node.pipe)}}}`;
    case 'pipe':
      return pipeText(node);
    case 'command':
      return node.args.map(argText).join(' ');
    case 'list':
      return node.nodes.map(nodeText).join('');
    case 'if':
    case 'with':
    case 'range':
      return branchText(node);
    case 'template':
      return `{{template ${JSON.stringify(node.name)}${node.pipe === undefined ? '' : ` ${nodeText(node.pipe)}`}}}`;
    case 'break':
    case 'continue':
    case 'else':
    case 'end':
      return `{{${node.type}}}`;
    default:
      return operandText(node);
  }
}

function operandText(node: Exclude<ArgNode, PipeNode>): string {
  switch (node.type) {
    case 'identifier':
      return node.name;
    case 'variable':
      return node.ident.join('.');
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'field':
      return node.ident.map((name) => `.${name}`).join('');
    case 'chain':
      return `${argText(node.node)}${node.fields.map((name) => `.${name}`).join('')}`;
    case 'bool':
      return String(node.value);
    case 'string':
      return node.quoted;
    case 'number':
      return node.text;
  }
}

function argText(node: ArgNode): string {
  return node.type === 'pipe' ? `(${pipeText(node)})` : operandText(node);
}

function pipeText({ decl, isAssign, cmds }: PipeNode): string {
  const names = decl.map((variable) => nodeText(variable)).join(', ');
  const declared = names === '' ? '' : `${names} ${isAssign ? '=' : ':='} `;
  return `${declared}${cmds.map(nodeText).join(' | ')}`;
}

function branchText({ type, pipe, list, elseList }: BranchNode): string {
  const otherwise = elseList === undefined ? '' : `{{else}}${nodeText(elseList)}`;
  return `{{${type} ${pipeText(pipe)}}}${nodeText(list)}${otherwise}{{end}}`;
}

/** Whether nothing but space and comments would come of it: such a definition may be replaced (parse.IsEmptyTree). */
export function isEmptyList(list: ListNode): boolean {
  return list.nodes.every((node) => node.type === 'text' && node.text.trim() === '');
}
