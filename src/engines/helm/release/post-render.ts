import { emitNode } from '../../../yaml/emit-node.ts';
import { clearField, getField, setField, stringNode } from '../../../yaml/fields.ts';
import { mappingNode, type YamlNode } from '../../../yaml/node.ts';
import { YamlError } from '../../../yaml/parse.ts';
import { parseNodes } from '../../../yaml/parse-nodes.ts';
import { compareText } from '../../gotemplate/value/go-text.ts';
import { isPartial, type Manifest, ManifestError, sortManifests, splitManifests } from './manifests.ts';
import { trimSpace } from './space.ts';

/** Changes manifests on their way from the templates to the cluster. */
export interface PostRender {
  /**
   * What it gets to see (pkg/action, PostRenderStrategy): everything in one stream, as Helm 4 does; hooks and manifests in
   * two; or manifests only, as Helm 3 did.
   */
  readonly strategy?: 'combined' | 'separate' | 'nohooks';
  /** Gives the stream that takes the place of the one given. What it throws ends the rendering. */
  readonly run: (stream: string) => string;
}

type Files = ReadonlyMap<string, string>;

/** Where a document says which template it came from, while it is in a stream. */
const FILENAME = 'postrenderer.helm.sh/postrender-filename';

/** Files with their documents changed, by the templates that these came from. Throws {@link ManifestError}. */
export function postRendered(files: Files, { strategy = 'combined', run }: PostRender): Files {
  if (strategy === 'combined') return split(run(merge(files)), '');
  const { hooks, manifests } = sortManifests(files);
  const changed = split(run(merge(byPath(manifests))), 'manifests');
  const own = byPath(hooks);
  if (own.size === 0) return changed;
  return joined(strategy === 'separate' ? split(run(merge(own)), 'hooks') : own, changed);
}

function byPath(documents: readonly Manifest[]): Files {
  return documents.reduce<Files>((files, { path, content }) => joined(files, new Map([[path, content]])), new Map());
}

/** The documents of both, those of the first before those of the second. */
function joined(first: Files, second: Files): Files {
  const out = new Map(first);
  for (const [path, content] of second) {
    const before = out.get(path);
    out.set(path, before === undefined ? content : `${before}\n---\n${content}`);
  }
  return out;
}

/** One stream of all documents, each with the name of its file. */
function merge(files: Files): string {
  const named = [...files].filter(([path, content]) => !isPartial(path) && trimSpace(content) !== '');
  const documents = named
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([path, content]) =>
      splitManifests(content).flatMap((document) =>
        parsed(document, `parsing ${path}`).map((node) => withName(node, path)),
      ),
    );
  return streamOf(documents);
}

function withName(document: YamlNode, path: string): YamlNode {
  if (document.kind !== 'mapping') throw new ManifestError(`annotating ${path}: expected a mapping`);
  setField(mapAt(mapAt(document, 'metadata'), 'annotations'), FILENAME, stringNode(path));
  return document;
}

/** The map of that name, made where there is none. */
function mapAt(node: YamlNode, name: string): YamlNode {
  const present = getField(node, name);
  if (present?.kind === 'mapping') return present;
  return setField(node, name, mappingNode()) ?? node;
}

/** The documents of a stream by their files; new ones get a name of their own. */
function split(stream: string, prefix: string): Files {
  const files = new Map<string, YamlNode[]>();
  for (const [index, document] of parsed(stream, 'error while parsing post rendered output').entries()) {
    const path = takeName(document) ?? `generated-by-postrender-${prefix === '' ? '' : `${prefix}-`}${index}.yaml`;
    files.getOrInsertComputed(path, () => []).push(document);
  }
  return new Map([...files].map(([path, documents]) => [path, streamOf(documents)]));
}

/** Takes the name of the file off, and maps that are empty without it. */
function takeName(document: YamlNode): string | undefined {
  const metadata = document.kind === 'mapping' ? getField(document, 'metadata') : undefined;
  const annotations = metadata?.kind === 'mapping' ? getField(metadata, 'annotations') : undefined;
  if (metadata === undefined || annotations?.kind !== 'mapping') return undefined;
  const name = clearField(annotations, FILENAME);
  if (annotations.content.length === 0) clearField(metadata, 'annotations');
  return name?.kind === 'scalar' && name.value !== '' ? name.value : undefined;
}

function parsed(text: string, doing: string): readonly YamlNode[] {
  try {
    return parseNodes(text).filter(({ kind, value }) => kind !== 'none' && !(kind === 'scalar' && value === ''));
  } catch (error) {
    if (error instanceof YamlError) throw new ManifestError(`${doing}: ${error.message}`, { cause: error });
    throw error;
  }
}

function streamOf(documents: readonly YamlNode[]): string {
  return documents.map((document) => emitNode(document)).join('---\n');
}
