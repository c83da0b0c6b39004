import { expandAliases } from '../../../yaml/expand-aliases.ts';
import { fieldOf, isMissingOrNull, isNilOrEmpty } from '../../../yaml/fields.ts';
import { jsonValue } from '../../../yaml/json-value.ts';
import type { YamlNode } from '../../../yaml/node.ts';
import { parseNodes } from '../../../yaml/parse-nodes.ts';
import { YamlError } from '../../../yaml/yaml-error.ts';
import { BuildError } from '../build-error.ts';
import { metadataOf, metaField, topField } from './metadata.ts';
import { Resource, type ScopeLookup } from './resource.ts';

/** A text that is no YAML: such a file is not tried as a directory. */
export class MalformedYaml extends BuildError {}

/** Makes the objects of a build out of texts (api/resource/factory.go and kyaml kio/byteio_reader.go). */
export class ResourceFactory {
  private readonly isClusterScoped: ScopeLookup;

  constructor(isClusterScoped: ScopeLookup) {
    this.isClusterScoped = isClusterScoped;
  }

  /** The objects in a YAML stream; lists are taken apart. `file` is for errors. Throws {@link BuildError}. */
  fromText(text: string, file?: string): Resource[] {
    return this.fromNodes(readObjects(text, file), file);
  }

  fromNodes(nodes: readonly YamlNode[], file?: string): Resource[] {
    return nodes.map((node) => new Resource(node, this.isClusterScoped, file));
  }
}

/** The trees of the objects in a YAML stream. Throws {@link BuildError}. */
export function readObjects(text: string, file?: string): YamlNode[] {
  const documents = readDocuments(text, file);
  const nodes = documents.length === 1 ? unwrapList(documents[0] as YamlNode) : documents;
  const expanded = nodes.map((node) => rethrow(file, () => expandAliases(node, file)));
  return inlineLists(checked(expanded, file), file);
}

function rethrow<T>(file: string | undefined, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const where = error.line === undefined ? '' : `line ${error.line}: `;
    throw new MalformedYaml(
      `MalformedYAMLError: yaml: ${where}${error.reason}${file === undefined ? '' : ` in File: ${file}`}`,
      {
        file,
        line: error.line,
        cause: error,
      },
    );
  }
}

/** The first tree of every part between `---` lines; empty parts are left out. */
function readDocuments(text: string, file: string | undefined): YamlNode[] {
  const documents: YamlNode[] = [];
  for (const { part, firstLine } of splitDocuments(text.includes('\r') ? text.replaceAll('\r\n', '\n') : text, file)) {
    const [node] = rethrow(file, () => parseNodes(part, { file, firstLine }));
    if (!isMissingOrNull(node)) documents.push(node);
  }
  return documents;
}

/** Cuts at lines that begin with `---`; only a comment may follow on such a line. */
function splitDocuments(text: string, file: string | undefined): { part: string; firstLine: number }[] {
  if (!text.includes('\n---')) return [{ part: text, firstLine: 1 }];
  const parts: { part: string; firstLine: number }[] = [];
  let from = 0;
  let line = 1;
  for (const match of text.matchAll(/\n---(.*)\n/g)) {
    const rest = (match[1] ?? '').trim();
    const part = text.slice(from, match.index);
    const lines = countLines(part);
    if (rest !== '' && !rest.startsWith('#')) {
      throw new BuildError(`invalid document separator: ---${match[1] ?? ''}`, { file, line: line + lines });
    }
    parts.push({ part: `${part}\n`, firstLine: line });
    from = match.index + match[0].length;
    line += lines + 1;
  }
  parts.push({ part: text.slice(from), firstLine: line });
  return parts;
}

function countLines(text: string): number {
  let count = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

/** The items of a `List` that is alone in its file. */
function unwrapList(node: YamlNode): YamlNode[] {
  const kind = topField(node, 'kind');
  if (kind !== 'List' && kind !== 'ResourceList') return [node];
  const items = fieldOf(node, 'items');
  if (items === undefined && fieldOf(node, 'functionConfig') === undefined) return [node];
  return items === undefined ? [] : items.content;
}

/** Leaves out empty objects. Throws {@link BuildError} on what is no Kubernetes object. */
function checked(nodes: readonly YamlNode[], file: string | undefined): YamlNode[] {
  const kept: YamlNode[] = [];
  for (const node of nodes) {
    if (isNilOrEmpty(node)) continue;
    assertObject(node, file);
    kept.push(node);
  }
  return kept;
}

function assertObject(node: YamlNode, file: string | undefined): void {
  const kind = topField(node, 'kind');
  const apiVersion = topField(node, 'apiVersion');
  const place = { file, line: node.line };
  if (kind === '') {
    if (apiVersion === '' && metadataOf(node) === undefined) throw new BuildError('missing Resource metadata', place);
    throw new BuildError(`missing kind in object ${apiVersion}/${metaField(node, 'name')}`, {
      ...place,
      field: 'kind',
    });
  }
  if (kind.endsWith('List')) return;
  if (metaField(node, 'name') === '') {
    throw new BuildError(`missing metadata.name in object {${apiVersion} ${kind}}`, {
      ...place,
      field: 'metadata.name',
    });
  }
}

/** Takes lists of any kind (`FooList` with `items`) apart, as often as there are some. */
function inlineLists(nodes: readonly YamlNode[], file: string | undefined): YamlNode[] {
  const queue = [...nodes];
  const result: YamlNode[] = [];
  for (let i = 0; i < queue.length; i++) {
    const node = queue[i] as YamlNode;
    const kind = topField(node, 'kind');
    const items = kind.endsWith('List') ? fieldOf(node, 'items') : undefined;
    if (items === undefined) result.push(node);
    else queue.push(...listItems(items, kind, file));
  }
  return result;
}

/** Items go through JSON in the original, which leaves them in flow style. */
function listItems(items: YamlNode, kind: string, file: string | undefined): YamlNode[] {
  if (isMissingOrNull(items)) return [];
  if (items.kind !== 'sequence') {
    throw new BuildError(`expected array in ${kind}/items, but found ${items.kind}`, {
      file,
      line: items.line,
      field: 'items',
    });
  }
  return items.content.flatMap((item) => {
    const flow = rethrow(file, () => parseNodes(JSON.stringify(jsonValue(item)), { file, firstLine: item.line }));
    return checked(flow, file);
  });
}
