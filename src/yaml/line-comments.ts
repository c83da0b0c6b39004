import { STYLE, type YamlNode } from './node.ts';

const opening = /[ \t]#+[ \t]*(?=\{)/;

/**
 * Gives the keys of mappings the comments on their lines: of those only that begin with a JSON object, because these say
 * by which schema a field is merged (kyaml fieldmeta). Lines in the middle of a text have no key, and so no comment.
 */
export function attachComments(text: string, firstLine: number, documents: readonly YamlNode[]): void {
  if (!opening.test(text)) return;
  const comments = new Map<number, string>();
  for (const [i, line] of text.split('\n').entries()) {
    const found = opening.exec(line);
    const end = line.lastIndexOf('}') + 1;
    if (found !== null && end > found.index)
      comments.set(firstLine + i, line.slice(found.index + found[0].length, end));
  }
  for (const document of documents) attach(document, comments);
}

function attach(node: YamlNode, comments: Map<number, string>): void {
  if (comments.size === 0) return;
  for (const [i, child] of node.content.entries()) {
    const isKey = node.kind === 'mapping' && i % 2 === 0;
    const found = isKey && mayHaveSchema(node.content[i + 1]) ? comments.get(child.line) : undefined;
    if (found !== undefined) {
      child.comment = found;
      comments.delete(child.line);
    }
    attach(child, comments);
  }
}

/** Scalars need no schema; behind an anchor or a tag a comment is not the key's. */
function mayHaveSchema(value: YamlNode | undefined): boolean {
  return value !== undefined && value.kind !== 'scalar' && value.anchor === '' && (value.style & STYLE.tagged) === 0;
}
