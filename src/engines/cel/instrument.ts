import type { ASTNode } from '@marcbachmann/cel-js';

/** Names of the functions that an instrumented expression calls; no expression of a user may. */
export const hooks = { go: '__go', step: '__step', sized: '__sized', matches: '__matches' } as const;

const comprehensions: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
/** Functions whose result may be larger than what they are given. */
const growing: ReadonlySet<string> = new Set(['join', 'split', 'replace']);

/**
 * The expression with its work made countable: every iteration of a macro and everything that makes texts or lists
 * passes through a hook, and regular expressions go to RE2 instead of JavaScript's, which may backtrack for ever. The
 * result is text, to be parsed again: the library has no hook of its own.
 */
export function instrument(node: ASTNode): string {
  switch (node.op) {
    case 'value':
    case 'id':
      return node.input.slice(node.range.start, node.range.end);
    case '!_':
      return `!(${instrument(node.args)})`;
    case '-_':
      // A minus belongs to its number: the smallest integer has no positive counterpart.
      return node.args.op === 'value' ? `(-${instrument(node.args)})` : `-(${instrument(node.args)})`;
    case '.':
    case '.?':
      return `${operand(node.args[0])}${node.op}${node.args[1]}`;
    case '[]':
      return `${operand(node.args[0])}[${instrument(node.args[1])}]`;
    case '[?]':
      return `${operand(node.args[0])}[?${instrument(node.args[1])}]`;
    case 'call':
      return call(node.args[0], node.args[1]);
    case 'rcall':
      return receiverCall(...node.args);
    case 'list':
      return `[${list(node.args)}]`;
    case 'map':
      return `{${node.args.map(([key, value]) => `${instrument(key)}: ${instrument(value)}`).join(', ')}}`;
    case '?:': {
      const [condition, yes, no] = node.args;
      return `((${instrument(condition)}) ? (${instrument(yes)}) : (${instrument(no)}))`;
    }
    case '+':
      return `${hooks.sized}((${instrument(node.args[0])}) + (${instrument(node.args[1])}))`;
    default:
      return `((${instrument(node.args[0])}) ${node.op} (${instrument(node.args[1])}))`;
  }
}

/** The text of what something is selected from or called on. Names stay bare, so that macros find their fields. */
function operand(node: ASTNode): string {
  const text = instrument(node);
  return node.op === 'value' ? `(${text})` : text;
}

function call(name: string, args: readonly ASTNode[]): string {
  return `${name}(${list(args)})`;
}

function receiverCall(name: string, receiver: ASTNode, args: readonly ASTNode[]): string {
  if (name === 'matches' && args.length === 1) return `${hooks.matches}(${list([receiver, ...args])})`;
  if (comprehensions.has(name) && args.length >= 2) {
    const [variable, ...bodies] = args;
    const counted = bodies.map((body) => countedBody(name, instrument(body)));
    return `${operand(receiver)}.${name}(${list(variable === undefined ? [] : [variable])}, ${counted.join(', ')})`;
  }
  const text = `${operand(receiver)}.${name}(${list(args)})`;
  return growing.has(name) ? `${hooks.sized}(${text})` : text;
}

/**
 * `all` and `exists` go on after an error in their body, so they are counted before it, and end when the budget does;
 * the others end with the first error.
 */
function countedBody(macro: string, body: string): string {
  if (macro === 'all') return `${hooks.go}() && (${body})`;
  if (macro === 'exists') return `!${hooks.go}() || (${body})`;
  return `${hooks.step}(${body})`;
}

function list(nodes: readonly ASTNode[]): string {
  return nodes.map(instrument).join(', ');
}
