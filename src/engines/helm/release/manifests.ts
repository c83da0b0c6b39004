import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { compareText } from '../../gotemplate/value/go-text.ts';
import { GoMap, type Value } from '../../gotemplate/value/values.ts';
import { mismatch } from '../functions/data.ts';
import { readYaml, scalarText } from '../functions/yaml.ts';
import { installOrder, type KindOrder } from './kind-order.ts';
import { skipSpace } from './space.ts';

/** A document that Helm makes part of the release. */
export interface Manifest {
  /** The path of the template that it came from. */
  readonly path: string;
  readonly content: string;
  readonly kind: string;
  readonly apiVersion: string;
}

export const hookEvents = [
  'pre-install',
  'post-install',
  'pre-delete',
  'post-delete',
  'pre-upgrade',
  'post-upgrade',
  'pre-rollback',
  'post-rollback',
  'test',
] as const;
export type HookEvent = (typeof hookEvents)[number];

/** A document that is applied at a moment of a release's life instead. */
export interface Hook extends Manifest {
  readonly name: string;
  readonly events: readonly HookEvent[];
  readonly weight: number;
  readonly deletePolicies: readonly string[];
  readonly outputLogPolicies: readonly string[];
}

export interface SortedManifests {
  readonly hooks: readonly Hook[];
  readonly manifests: readonly Manifest[];
}

/** Rendered output is no YAML. The message is Helm's own. */
export class ManifestError extends Error {}

/**
 * Splits rendered files into documents and sorts these by kind, hooks apart (pkg/release/v1/util, SortManifests).
 * Hooks for unknown events are left out. Throws {@link ManifestError}.
 */
export function sortManifests(files: ReadonlyMap<string, string>, order: KindOrder = installOrder): SortedManifests {
  const documents = [...files]
    .filter(([path]) => !isPartial(path))
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([path, content]) => splitManifests(content).map((document) => readHead(path, document)));
  const hooks = documents.flatMap(({ manifest, annotations, name }) => hookOf(manifest, name, annotations));
  const manifests = documents.filter(({ annotations }) => !annotations.has('helm.sh/hook'));
  return {
    hooks: byKind(hooks, order),
    manifests: byKind(
      manifests.map(({ manifest }) => manifest),
      order,
    ),
  };
}

/**
 * The documents of a file, empty ones left out (pkg/release/v1/util, SplitManifests). Three dashes at the beginning of a
 * line separate them, together with the spaces around. Found by hand: an expression tries every run of spaces within.
 */
export function splitManifests(content: string): readonly string[] {
  const documents: string[] = [];
  let from = skipSpace(content);
  if (content.startsWith(SEPARATOR, from)) from = skipBlanks(content, from + SEPARATOR.length);
  while (from < content.length) {
    const line = content.indexOf(`\n${SEPARATOR}`, from);
    let end = line < 0 ? content.length : line;
    if (line >= 0) while (end > from && isBlank(content, end - 1)) end--;
    const start = skipSpace(content, from);
    if (start < end) documents.push(content.slice(start, end));
    if (line < 0) break;
    from = skipBlanks(content, line + 1 + SEPARATOR.length);
  }
  return documents;
}

/** Files of definitions, which are no manifests. */
export function isPartial(path: string): boolean {
  return path.slice(path.lastIndexOf('/') + 1).startsWith('_');
}

const SEPARATOR = '---';

/** What `\s` is in Go's expressions. */
function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 32 || code === 9 || code === 10 || code === 12 || code === 13;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text, at)) at++;
  return at;
}

interface Head {
  readonly manifest: Manifest;
  readonly name: string;
  readonly annotations: ReadonlyMap<string, string>;
}

function readHead(path: string, content: string): Head {
  try {
    const document = mapOf(readYaml(content), 'util.SimpleHead');
    const metadata = mapOf(document?.entries.get('metadata') ?? null, METADATA, 'SimpleHead.metadata');
    const annotations = mapOf(
      metadata?.entries.get('annotations') ?? null,
      'map[string]string',
      '.metadata.annotations',
    );
    return {
      manifest: {
        path,
        content,
        kind: textOf(document, 'kind', 'SimpleHead.'),
        apiVersion: textOf(document, 'apiVersion', 'SimpleHead.'),
      },
      name: textOf(metadata, 'name', '.metadata.'),
      annotations: new Map(
        [...(annotations?.entries ?? [])].map(([key]) => [key, textOf(annotations, key, '.metadata.annotations')]),
      ),
    };
  } catch (error) {
    if (error instanceof FunctionError) throw new ManifestError(`YAML parse error on ${path}: ${error.message}`);
    throw error;
  }
}

/** The Go type of the metadata that is read, as errors name it. */
const METADATA = 'struct { Name string "json:\\"name\\""; Annotations map[string]string "json:\\"annotations\\"" }';

function mapOf(value: Value, type: string, field?: string): GoMap | undefined {
  if (value instanceof GoMap) return value;
  if (value === null) return undefined;
  throw wrongType(value, type, field);
}

function wrongType(value: Value, type: string, field: string | undefined): FunctionError {
  const told = mismatch(value, type);
  const named = field === undefined ? told : told.replace('Go value', `Go struct field ${field}`);
  return new FunctionError(`error unmarshaling JSON: while decoding JSON: ${named}`);
}

function textOf(map: GoMap | undefined, key: string, place: string): string {
  const value = map?.entries.get(key) ?? '';
  const text = scalarText(value);
  if (text !== undefined) return text;
  throw wrongType(value, 'string', place.endsWith('.') ? place + key : place);
}

function hookOf(manifest: Manifest, name: string, annotations: ReadonlyMap<string, string>): readonly Hook[] {
  const written = annotations.get('helm.sh/hook');
  if (written === undefined) return [];
  const events = listOf(written).map((event) => (event === 'test-success' ? 'test' : event));
  if (!events.every(isEvent)) return [];
  const weight = annotations.get('helm.sh/hook-weight') ?? '';
  return [
    {
      ...manifest,
      name,
      events,
      weight: /^[-+]?[0-9]+$/.test(weight) ? Number(weight) : 0,
      deletePolicies: listOf(annotations.get('helm.sh/hook-delete-policy')),
      outputLogPolicies: listOf(annotations.get('helm.sh/hook-output-log-policy')),
    },
  ];
}

function isEvent(event: string): event is HookEvent {
  return hookEvents.some((known) => known === event);
}

function listOf(written: string | undefined): readonly string[] {
  return written === undefined ? [] : written.split(',').map((part) => part.trim().toLowerCase());
}

/** Known kinds in their order, then the others by name; what is equal stays as it was. */
function byKind<T extends Manifest>(manifests: readonly T[], order: KindOrder): readonly T[] {
  return manifests.toSorted((a, b) => {
    const first = order.get(a.kind);
    const second = order.get(b.kind);
    if (first === undefined && second === undefined) return compareText(a.kind, b.kind);
    if (first === undefined || second === undefined) return first === undefined ? 1 : -1;
    return first - second;
  });
}
