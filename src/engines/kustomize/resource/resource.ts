import { isNilOrEmpty, setField } from '../../../yaml/fields.ts';
import { scalarNode, TAG, YamlNode } from '../../../yaml/node.ts';
import { BuildError } from '../build-error.ts';
import { buildAnnotations, note } from './annotations.ts';
import { annotationOf, metaField, metaMap, setAnnotation, setMetaMap, setName, topField } from './metadata.ts';
import { apiVersionOf, effectiveNamespace, type Gvk, idText, type ResId, splitApiVersion } from './res-id.ts';

/** What a generator does when the object exists already. */
export type Behavior = 'unspecified' | 'create' | 'replace' | 'merge';

/** Answers whether a kind is known to be cluster-scoped. */
export type ScopeLookup = (apiVersion: string, kind: string) => boolean;

/**
 * An object on its way through the build: its tree, in whose annotations the build keeps its notes, as the original
 * does (api/resource/resource.go), so that patches and replacements meet them just the same.
 */
export class Resource {
  node: YamlNode;
  /** The file it was read from, for errors. */
  readonly file: string | undefined;
  /** Names of the vars that read from it. */
  readonly varNames: string[] = [];
  private readonly isClusterScoped: ScopeLookup;
  private previous: { readonly key: string; readonly ids: readonly ResId[] } | undefined;

  constructor(node: YamlNode, isClusterScoped: ScopeLookup, file?: string) {
    this.node = node;
    this.isClusterScoped = isClusterScoped;
    this.file = file;
  }

  copy(): Resource {
    const copy = new Resource(this.node.copy(), this.isClusterScoped, this.file);
    copy.varNames.push(...this.varNames);
    return copy;
  }

  isEmpty(): boolean {
    return isNilOrEmpty(this.node);
  }

  /** Makes nothing of it: it will be left out. */
  drop(): void {
    this.node = new YamlNode('scalar', TAG.null);
  }

  get kind(): string {
    return topField(this.node, 'kind');
  }

  set kind(kind: string) {
    setField(this.node, 'kind', scalarNode(kind));
  }

  get apiVersion(): string {
    return topField(this.node, 'apiVersion');
  }

  get name(): string {
    return metaField(this.node, 'name');
  }

  set name(name: string) {
    setName(this.node, name);
  }

  get namespace(): string {
    return metaField(this.node, 'namespace');
  }

  gvk(): Gvk {
    const { group, version } = splitApiVersion(this.apiVersion);
    return { group, version, kind: this.kind };
  }

  setGvk(gvk: Gvk): void {
    this.kind = gvk.kind;
    setField(this.node, 'apiVersion', scalarNode(apiVersionOf(gvk)));
  }

  /** The id as the object is now. */
  id(): ResId {
    const { apiVersion, kind, name, namespace } = this;
    const { group, version } = splitApiVersion(apiVersion);
    return { group, version, kind, name, namespace, clusterScoped: this.isClusterScoped(apiVersion, kind) };
  }

  /** The id as earlier ones are kept: they do not know whether their kind is cluster-scoped. */
  plainId(): ResId {
    const { apiVersion, kind, name, namespace } = this;
    const { group, version } = splitApiVersion(apiVersion);
    return { group, version, kind, name, namespace, clusterScoped: false };
  }

  /** The id with which it was read. */
  originalId(): ResId {
    return this.previousIds()[0] ?? this.id();
  }

  /** The ids that it had before it was renamed or moved, oldest first, without the present one. */
  previousIds(): readonly ResId[] {
    const names = annotationOf(this.node, note.previousNames);
    if (names === undefined) return [];
    const namespaces = annotationOf(this.node, note.previousNamespaces) ?? '';
    const kinds = annotationOf(this.node, note.previousKinds) ?? '';
    const { apiVersion } = this;
    const key = `${apiVersion}|${names}|${namespaces}|${kinds}`;
    if (this.previous?.key !== key) {
      const [nameList, namespaceList, kindList] = [names.split(','), namespaces.split(','), kinds.split(',')];
      if (namespaceList.length !== nameList.length || kindList.length !== nameList.length) {
        throw new BuildError(`the numbers of earlier names, namespaces and kinds of ${idText(this.id())} differ`, {
          file: this.file,
        });
      }
      const { group, version } = splitApiVersion(apiVersion);
      const ids = nameList.map((name, i) => ({
        group,
        version,
        kind: kindList[i] ?? '',
        name,
        namespace: namespaceList[i] ?? '',
        clusterScoped: false,
      }));
      this.previous = { key, ids };
    }
    return this.previous.ids;
  }

  /** A quick test that is true at least for all names that it has or had. */
  mayHaveName(name: string): boolean {
    return this.name === name || annotationOf(this.node, note.previousNames)?.includes(name) === true;
  }

  /** Notes the present id before it changes. */
  storePreviousId(): void {
    const id = this.id();
    this.append(note.previousNames, id.name);
    this.append(note.previousNamespaces, effectiveNamespace(id));
    this.append(note.previousKinds, id.kind);
  }

  addPrefix(prefix: string): void {
    this.append(note.prefixes, prefix);
  }

  addSuffix(suffix: string): void {
    this.append(note.suffixes, suffix);
  }

  prefixes(): readonly string[] {
    return this.list(note.prefixes);
  }

  suffixes(): readonly string[] {
    return this.list(note.suffixes);
  }

  annotations(): Map<string, string> {
    return metaMap(this.node, 'annotations');
  }

  setAnnotations(values: ReadonlyMap<string, string>): void {
    setMetaMap(this.node, 'annotations', values);
  }

  labels(): Map<string, string> {
    return metaMap(this.node, 'labels');
  }

  setLabels(values: ReadonlyMap<string, string>): void {
    setMetaMap(this.node, 'labels', values);
  }

  /** Turns on one of the notes that are either there or not. */
  enable(name: string): void {
    this.setAnnotations(this.annotations().set(name, 'enabled'));
  }

  isEnabled(name: string): boolean {
    return annotationOf(this.node, name) === 'enabled';
  }

  get behavior(): Behavior {
    const text = annotationOf(this.node, note.behavior);
    return text === 'replace' || text === 'merge' || text === 'create' ? text : 'unspecified';
  }

  set behavior(behavior: Behavior) {
    this.setAnnotations(this.annotations().set(note.behavior, behavior));
  }

  /** Takes the build's notes away; annotations that stay become texts. */
  removeBuildAnnotations(): void {
    const annotations = this.annotations();
    if (annotations.size === 0) return;
    for (const name of buildAnnotations) annotations.delete(name);
    this.setAnnotations(annotations);
  }

  private append(name: string, value: string): void {
    if (value === '') return;
    const current = annotationOf(this.node, name);
    setAnnotation(this.node, name, current === undefined ? value : `${current},${value}`);
  }

  private list(name: string): readonly string[] {
    return annotationOf(this.node, name)?.split(',') ?? [];
  }
}
