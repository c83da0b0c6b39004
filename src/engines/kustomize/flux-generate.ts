import type { Tree } from '../../lib/tree.ts';
import { parseYaml } from '../../yaml/parse.ts';
import { BuildError, prefixed } from './build-error.ts';
import { goJson } from './go-json.ts';
import { decodeStruct, type UnknownField } from './kustomization/decode.ts';
import { kustomizationFileNames, kustomizationTypeFor } from './kustomization/load.ts';
import type { Image, Kustomization, Patch, Selector } from './kustomization/types.ts';
import { writeKustomization } from './kustomization/write.ts';
import { joinPath } from './paths/join.ts';
import { collect } from './problems.ts';
import { readObjects } from './resource/factory.ts';

/** The fields of a Flux Kustomization's spec that become part of its kustomization.yaml. */
export interface FluxSpec {
  readonly targetNamespace?: string | undefined;
  readonly namePrefix?: string | undefined;
  readonly nameSuffix?: string | undefined;
  readonly patches?: readonly FluxPatch[] | undefined;
  readonly images?: readonly Image[] | undefined;
  readonly components?: readonly string[] | undefined;
  readonly ignoreMissingComponents?: boolean | undefined;
  readonly buildMetadata?: readonly string[] | undefined;
  /** Gone from the API; kept for old objects. */
  readonly patchesStrategicMerge?: readonly unknown[] | undefined;
  readonly patchesJson6902?: readonly FluxJson6902Patch[] | undefined;
}

/** A patch in a Flux Kustomization. */
export interface FluxPatch {
  readonly patch?: string | undefined;
  readonly target?: Selector | undefined;
}

/** A patch of the field `patchesJson6902`, which the API had until v1beta2. */
export interface FluxJson6902Patch {
  readonly patch?: unknown;
  readonly target?: Selector | undefined;
}

/** What the generator did. */
export interface GeneratedKustomization {
  /** `created` when there was no kustomization file; else the one that was there was rewritten. */
  readonly action: 'created' | 'unchanged';
  /** The tree with the file in it. */
  readonly tree: Tree;
  readonly manifest: string;
  /** Path of the file in the tree. */
  readonly file: string;
  /** Fields of the file that nobody knows, and that are lost with the rewriting. */
  readonly ignoredFields: readonly UnknownField[];
}

const maxDepth = 100;

/**
 * Writes the fields of a Flux Kustomization into the kustomization file of a directory, or makes one of all manifests
 * below (github.com/fluxcd/pkg kustomize/kustomize_generator.go). The tree is not changed: the answer lies over it.
 * Throws {@link BuildError}.
 */
export function generateKustomization(tree: Tree, dir: string, spec: FluxSpec): GeneratedKustomization {
  const root = joinPath('', dir);
  if (tree.stat(root) === 'file')
    throw new BuildError(`open /${root}/kustomization.yaml: not a directory`, { file: root });
  const existing = kustomizationFileNames
    .map((name) => joinPath(root, name))
    .find((path) => tree.stat(path) === 'file');
  const action = existing === undefined ? 'created' : 'unchanged';
  const file = existing ?? joinPath(root, 'kustomization.yaml');
  const ignoredFields: UnknownField[] = [];
  const read = existing === undefined ? scanned(tree, root) : readFile(tree, existing, ignoredFields);
  const manifest = writeKustomization(inject(read, tree, root, action === 'unchanged', spec));
  return { action, file, manifest, ignoredFields, tree: overlay(tree, file, new TextEncoder().encode(manifest)) };
}

/** As the controller's release of kustomize reads it: what that does not know is lost. */
function readFile(tree: Tree, file: string, ignored: UnknownField[]): Kustomization {
  const text = new TextDecoder().decode(tree.readFile(file));
  let value: unknown;
  try {
    value = parseYaml(text, { file });
  } catch (error) {
    throw prefixed(error, `cannot read '${file}'`, { file });
  }
  const type = kustomizationTypeFor('v5.8.1');
  const mode = { strict: false, coerce: true, ignored, file };
  const k: Kustomization = decodeStruct(value, type, mode, `cannot read '${file}'`);
  return { ...k, apiVersion: k.apiVersion ?? apiVersion, kind: k.kind ?? 'Kustomization' };
}

const apiVersion = 'kustomize.config.k8s.io/v1beta1';

/** A kustomization of all manifests; one that says something when there are none, because an empty one is an error. */
function scanned(tree: Tree, root: string): Kustomization {
  const resources = manifestsBelow(tree, root, '.', 0);
  const content = resources.length === 0 ? { namespace: '_placeholder' } : { resources };
  return { apiVersion, kind: 'Kustomization', ...content };
}

/** The manifests below a directory in lexical order; a directory with a kustomization file stands for its contents. */
function manifestsBelow(tree: Tree, dir: string, shown: string, depth: number): string[] {
  if (depth > maxDepth) throw new BuildError(`directories are nested deeper than ${maxDepth} levels`, { file: dir });
  return collect(tree.list(dir) ?? [], ({ name, type }) => {
    const path = joinPath(dir, name);
    const shownPath = `${shown}/${name}`;
    if (type === 'dir') {
      const isKustomization = kustomizationFileNames.some((file) => tree.stat(joinPath(path, file)) === 'file');
      return isKustomization ? [shownPath] : manifestsBelow(tree, path, shownPath, depth + 1);
    }
    if (!/\.ya?ml$/.test(name)) return [];
    assertManifest(tree, path);
    return [shownPath];
  }).flat();
}

function assertManifest(tree: Tree, file: string): void {
  try {
    readObjects(new TextDecoder('utf-8', { ignoreBOM: true }).decode(tree.readFile(file)), file);
  } catch (error) {
    throw prefixed(error, `failed to decode Kubernetes YAML from /${file}`, { file });
  }
}

function inject(k: Kustomization, tree: Tree, root: string, existing: boolean, spec: FluxSpec): Kustomization {
  const bare = existing && (k.resources ?? []).length === 0;
  const metadata = (spec.buildMetadata ?? []).length > 0 ? spec.buildMetadata : undefined;
  return {
    ...k,
    buildMetadata: metadata ?? (bare ? ['originAnnotations'] : k.buildMetadata),
    namespace: spec.targetNamespace ?? k.namespace,
    namePrefix: spec.namePrefix ?? k.namePrefix,
    nameSuffix: spec.nameSuffix ?? k.nameSuffix,
    patches: [...(k.patches ?? []), ...(spec.patches ?? []).map(toPatch)],
    components: [...(k.components ?? []), ...components(tree, root, spec)],
    patchesStrategicMerge: [
      ...(k.patchesStrategicMerge ?? []),
      ...(spec.patchesStrategicMerge ?? []).map((patch) => goJson(patch)),
    ],
    patchesJson6902: [...(k.patchesJson6902 ?? []), ...(spec.patchesJson6902 ?? []).map(toJsonPatch)],
    images: mergeImages(k.images ?? [], spec.images ?? []),
  };
}

function toPatch({ patch = '', target }: FluxPatch): Patch {
  return { patch, ...(target === undefined ? {} : { target: selectorOf(target) }) };
}

function toJsonPatch({ patch, target }: FluxJson6902Patch): Patch {
  return { patch: goJson(patch), target: selectorOf(target ?? {}) };
}

function selectorOf({ group, version, kind, name, namespace, labelSelector, annotationSelector }: Selector): Selector {
  return { group, version, kind, name, namespace, labelSelector, annotationSelector };
}

/** The components that the spec names; all must be paths in the tree, and missing ones may be left out. */
function components(tree: Tree, root: string, spec: FluxSpec): string[] {
  return (spec.components ?? []).filter((path) => {
    if (!isLocal(path)) {
      throw new BuildError(`component path '${path}' must be local and relative`, { field: 'spec.components' });
    }
    return spec.ignoreMissingComponents !== true || tree.stat(joinPath(root, path)) !== undefined;
  });
}

const remotePrefixes = ['git::', 'gh:', 'ssh://', 'https://', 'http://', 'git@', 'github.com:', 'github.com/'];

function isLocal(path: string): boolean {
  const lower = path.toLowerCase();
  if (remotePrefixes.some((prefix) => lower.startsWith(prefix) && lower.length > prefix.length)) return false;
  return !path.startsWith('/') && !lower.replace(/^file:\/\//, '').startsWith('/');
}

/** Merges images by name; tag and digest are one choice, so that a new one of either takes the place of both. */
function mergeImages(images: readonly Image[], overrides: readonly Image[]): readonly Image[] {
  const merged = [...images];
  for (const { name, newName, newTag = '', digest = '' } of overrides) {
    const i = merged.findIndex((image) => (image.name ?? '') === (name ?? ''));
    const known = merged[i];
    if (known === undefined) {
      merged.push({ name, newName, newTag, digest });
      continue;
    }
    const version = newTag !== '' || digest !== '' ? { newTag, digest } : {};
    merged[i] = { ...known, ...version, newName: newName || known.newName };
  }
  return merged;
}

/** A tree with one file more, or another content of it. */
function overlay(tree: Tree, file: string, content: Uint8Array): Tree {
  const slash = file.lastIndexOf('/');
  const parent = slash < 0 ? '' : file.slice(0, slash);
  const name = file.slice(slash + 1);
  return {
    stat: (path) => (joinPath('', path) === file ? 'file' : tree.stat(path)),
    readFile: (path) => (joinPath('', path) === file ? content : tree.readFile(path)),
    list: (path) => {
      const entries = tree.list(path);
      if (entries === undefined || joinPath('', path) !== parent || entries.some((entry) => entry.name === name))
        return entries;
      return [...entries, { name, type: 'file' as const }].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}
