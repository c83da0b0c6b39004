import type { Node } from '../parse/node.ts';
import { nodeText } from '../parse/node.ts';
import type { Tree } from '../parse/parse.ts';
import { quote } from '../parse/quote.ts';
import { byteLength } from '../value/go-text.ts';
import type { Place } from './limits.ts';

/** A function of a template says what is wrong with its arguments. The message is what its original says. */
export class FunctionError extends Error {}

/** The execution of a template failed. The message is text/template's own. */
export class ExecError extends Error {
  readonly at: Place;

  constructor(tree: Tree, node: Node | undefined, message: string, cause?: unknown) {
    const { line, column } = position(tree, node?.pos ?? 0);
    const where =
      node === undefined
        ? tree.name
        : `${tree.file}:${line}:${column}: executing ${quote(tree.name)} at <${nodeText(node)}>`;
    super(`template: ${where}: ${message}`, cause === undefined ? {} : { cause });
    this.at = { file: tree.file, line, column, template: tree.name };
  }
}

/** Line from 1, column from 0 in bytes, as text/template counts. */
function position({ text }: Tree, pos: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, pos);
  const start = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line++;
  return { line, column: byteLength(before.slice(start)) };
}
