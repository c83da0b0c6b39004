import { emitNode } from '../../../yaml/emit-node.ts';
import { jsonValue } from '../../../yaml/json-value.ts';
import type { YamlNode } from '../../../yaml/node.ts';
import { parseNodes } from '../../../yaml/parse-nodes.ts';
import { goJson } from '../go-json.ts';
import { type CreateKind, lookup } from '../paths/lookup.ts';
import { matchPath } from '../paths/match.ts';

/**
 * Sets fields of a JSON or YAML document that is the text of a scalar, when the path leads through one: the way there
 * is a plain path, the rest may match many. Answers whether it did; whatever goes wrong means that it did not
 * (replacement.go, setValueInStructuredData).
 */
export function setInText(
  object: YamlNode,
  path: readonly string[],
  create: CreateKind | undefined,
  set: (field: YamlNode) => void,
): boolean {
  if (path.length < 2) return false;
  try {
    const found = findText(object, path);
    if (found === undefined) return false;
    const fields = matchPath(found.document, found.rest, create);
    if (fields.length === 0) return false;
    for (const field of fields) set(field);
    found.scalar.value = serialize(found.document, found.scalar.value);
    return true;
  } catch {
    return false;
  }
}

interface FoundText {
  readonly scalar: YamlNode;
  readonly document: YamlNode;
  readonly rest: readonly string[];
}

function findText(object: YamlNode, path: readonly string[]): FoundText | undefined {
  for (let length = 1; length < path.length; length++) {
    const scalar = tryLookup(object, path.slice(0, length));
    if (scalar?.kind !== 'scalar') continue;
    const [document] = parseNodes(scalar.value);
    return document === undefined ? undefined : { scalar, document, rest: path.slice(length) };
  }
  return undefined;
}

function tryLookup(object: YamlNode, path: readonly string[]): YamlNode | undefined {
  try {
    return lookup(object, path);
  } catch {
    return undefined;
  }
}

/** JSON stays JSON, spread over lines when it was; all else becomes YAML. */
function serialize(document: YamlNode, original: string): string {
  if (!/^\s*[{[]/.test(original)) return emitNode(document).trim();
  const pretty = original.includes('\n') && original.includes('  ');
  return goJson(jsonValue(document), pretty ? '  ' : '');
}
