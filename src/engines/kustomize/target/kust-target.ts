import { parseYaml } from '../../../yaml/parse.ts';
import type { Budget } from '../budget.ts';
import { BuildError, type BuildErrorPlace, isRemoteMissing, located, prefixed } from '../build-error.ts';
import { readConfigFile } from '../config/config-file.ts';
import { readCrdFile } from '../config/crd-config.ts';
import { defaultConfig } from '../config/default-config.ts';
import { emptyConfig, mergeConfig } from '../config/transformer-config.ts';
import { type LoadedKustomization, loadKustomization } from '../kustomization/load.ts';
import type { Kustomization } from '../kustomization/types.ts';
import { readCustomSchema } from '../openapi/custom-schema.ts';
import type { SchemaRegistry } from '../openapi/registry.ts';
import { collect, Problems } from '../problems.ts';
import { isRemoteFile, parseRepoSpec } from '../remote/repo-spec.ts';
import { originAnnotation } from '../resource/annotations.ts';
import type { ResourceFactory } from '../resource/factory.ts';
import type { TakenIds } from '../resource/res-map.ts';
import type { Resource } from '../resource/resource.ts';
import type { KustomizeVersion, PluginContext } from '../transformers/transformer.ts';
import { Accumulator } from './accumulator.ts';
import type { Loader } from './loader.ts';
import { appendOrigin, joinOrigin, type Origin, originText } from './origin.ts';
import {
  type Asker,
  configureBuiltin,
  generateBuiltin,
  runGenerators,
  runTransformers,
  runValidators,
} from './run-plugins.ts';

/** What all kustomizations of a build share. */
export interface BuildContext {
  readonly factory: ResourceFactory;
  readonly registry: SchemaRegistry;
  readonly version: KustomizeVersion;
  readonly buildMetadata: readonly string[];
  readonly warnings: string[];
}

/** One kustomization, with all that it refers to (api/internal/target/kusttarget.go). */
export class KustTarget implements Asker {
  readonly kustomization: Kustomization;
  private readonly context: BuildContext;
  private readonly loader: Loader;
  private readonly fileName: string;
  private readonly origin: Origin | undefined;

  private constructor(
    context: BuildContext,
    loader: Loader,
    { kustomization, fileName, warnings }: LoadedKustomization,
    origin: Origin | undefined,
  ) {
    for (const warning of warnings) context.warnings.push(`${loader.shownFile(fileName)}: ${warning}`);
    this.context = context;
    this.loader = loader;
    this.kustomization = kustomization;
    this.fileName = fileName;
    this.origin = origin;
  }

  /** The kustomization at which a build begins. Throws {@link BuildError}. */
  static outermost(context: BuildContext, loader: Loader): KustTarget {
    const loaded = loadKustomization(loader, context.version);
    const buildMetadata = [...new Set([...(loaded.kustomization.buildMetadata ?? []), ...context.buildMetadata])];
    const origin = buildMetadata.length === 0 ? undefined : {};
    const target = new KustTarget({ ...context, buildMetadata }, loader, loaded, origin);
    target.useSchemas(true);
    return target;
  }

  /** What the build may still do. */
  get budget(): Budget {
    return this.loader.budget;
  }

  /** What the build is told to note. */
  get buildMetadata(): readonly string[] {
    return this.context.buildMetadata;
  }

  /** Reads, generates and transforms; into `into` when this is a component of what is there. */
  accumulate(into = new Accumulator()): Accumulator {
    const { version } = this.context;
    const k = this.kustomization;
    const problems = new Problems();
    problems.attempt(() =>
      within('accumulating resources', this.at('resources'), () => {
        const taken = into.map.takenIds();
        collect(k.resources ?? [], (path) => this.addResource(into, taken, path));
      }),
    );
    problems.attempt(() => {
      const configured = collect(k.configurations ?? [], (path) =>
        this.read('configurations', path, (text, file) => readConfigFile(text, file, version)),
      );
      into.addConfig(mergeConfig(defaultConfig(version), configured.reduce(mergeConfig, emptyConfig)));
      const described = collect(k.crds ?? [], (path) => this.read('crds', path, readCrdFile));
      into.addConfig(described.reduce(mergeConfig, emptyConfig));
    });
    if (problems.any) this.lookFurther(problems, into);
    problems.throwIfAny();
    runGenerators(this, into);
    within('accumulating components', this.at('components'), () => {
      const components = collect(k.components ?? [], (path) => this.open(path, 'components'));
      for (const component of components) this.addComponent(into, component);
    });
    runTransformers(this, into);
    runValidators(this, into);
    if (k.vars !== undefined)
      within(`merging vars of '${this.loader.shown}'`, this.at('vars'), () => into.addVars(k.vars ?? []));
    return into;
  }

  /**
   * When something failed already: what else is wrong and does not come of that. Nothing that is found here is used.
   */
  private lookFurther(problems: Problems, into: Accumulator): void {
    const k = this.kustomization;
    problems.attempt(() => generateBuiltin(this));
    problems.attempt(() =>
      within('accumulating components', this.at('components'), () =>
        collect(k.components ?? [], (path) => this.open(path, 'components')),
      ),
    );
    problems.attempt(() => configureBuiltin(this, into));
  }

  /** The schemas of a kustomization count from where it is looked into. */
  private begin(): this {
    this.useSchemas(false);
    return this;
  }

  private useSchemas(outermost: boolean): void {
    const field = this.kustomization.openapi ?? {};
    const { path, version } = field as { readonly path?: string; readonly version?: string };
    const custom =
      path === undefined
        ? undefined
        : this.read('openapi', path, (text, file) => readCustomSchema(parseYaml(text, { file }), file));
    try {
      this.context.registry.set({ path, version }, custom, outermost);
    } catch (error) {
      throw located(error, this.at('openapi'));
    }
  }

  /** What a file says that a field of this kustomization names. */
  private read<T>(field: string, path: string, parse: (text: string, file: string) => T): T {
    try {
      return parse(this.loader.text(path), this.loader.pathOf(path));
    } catch (error) {
      throw located(error, this.at(field));
    }
  }

  private addResource(into: Accumulator, taken: TakenIds, path: string): void {
    const type = isRemoteFile(path) ? undefined : this.loader.typeOf(path);
    const isRepository = type !== 'file' && parseRepoSpec(path) !== undefined;
    if (isRepository && isRemoteFile(path)) this.addAddress(into, path, taken);
    else if (isRepository || type === 'dir') this.addDirectory(into, path, taken);
    else this.addFile(into, taken, path);
  }

  /** What an address stands for is a file when there is one that can be read; else a repository. */
  private addAddress(into: Accumulator, path: string, taken: TakenIds): void {
    try {
      this.addFile(into, taken, path);
      return;
    } catch (noFile) {
      if (isRemoteMissing(noFile)) throw noFile;
      try {
        this.addDirectory(into, path, taken);
      } catch (error) {
        const { message } = noFile instanceof Error ? noFile : new Error(String(noFile));
        throw prefixed(error, `accumulation err='${message}'`, this.at('resources'));
      }
    }
  }

  private addFile(into: Accumulator, taken: TakenIds, path: string): void {
    let resources: Resource[];
    try {
      resources = this.context.factory.fromText(this.loader.text(path), this.loader.pathOf(path));
    } catch (error) {
      throw prefixed(error, `accumulating resources from '${path}'`, this.at('resources'));
    }
    if (this.origin !== undefined) {
      const text = originText(appendOrigin(this.origin, path));
      for (const resource of resources) resource.setAnnotations(resource.annotations().set(originAnnotation, text));
    }
    within(`merging resources from '${path}'`, this.at('resources'), () => into.map.appendAll(resources, taken));
  }

  /** A kustomization is built for itself, and then added. */
  private addDirectory(into: Accumulator, path: string, taken: TakenIds): void {
    const target = this.open(path, 'resources');
    const where = this.at('resources');
    const own = within(`recursed accumulation of ${target.place}`, where, () => target.begin().accumulate());
    within(`recursed merging from ${target.place}`, where, () => into.merge(own, taken));
  }

  /** A component goes into what is there. */
  private addComponent(into: Accumulator, target: KustTarget): void {
    const where = this.at('components');
    within(`recursed accumulation of ${target.place}`, where, () => target.begin().accumulate(into));
    within(`recursed merging from ${target.place}`, where, () => into.mergeAgain());
  }

  private get place(): string {
    return `path '${this.loader.shown}'`;
  }

  /** Another kustomization, of the kind that may be in a field of this one. */
  private open(path: string, field: 'resources' | 'components'): KustTarget {
    const where = this.at(field);
    const loader = within(`accumulating from '${path}'`, where, () => this.loader.enter(path));
    const place = `path '${loader.shown}'`;
    const origin = this.origin === undefined ? undefined : appendOrigin(this.origin, path);
    const target = within(
      `couldn't make target for ${place}`,
      where,
      () => new KustTarget(this.context, loader, loadKustomization(loader, this.context.version), origin),
    );
    const { kind = '' } = target.kustomization;
    if (field === 'components' && kind !== 'Component') {
      throw new BuildError(`expected kind 'Component' for ${place} but got '${kind}'`, where);
    }
    if (field === 'resources' && kind === 'Component') {
      throw new BuildError(`expected kind != 'Component' for ${place}`, where);
    }
    return target;
  }

  /** A field of this kustomization, for errors. */
  at(field?: string): BuildErrorPlace {
    return { file: this.loader.pathOf(this.fileName), field };
  }

  get pluginContext(): PluginContext {
    const { factory, registry, version } = this.context;
    return { loader: this.loader, factory, schemaFor: registry.schemaFor, version };
  }

  builtinOrigin(kind: string): Origin | undefined {
    if (this.origin === undefined) return undefined;
    const configuredIn = joinOrigin(this.origin.path ?? '', this.fileName);
    const { repo, ref } = this.origin;
    return { repo, ref, configuredIn, configuredBy: { apiVersion: 'builtin', kind } };
  }

  /** Inline ones come first. */
  pluginConfigs(entries: readonly string[]): readonly Resource[] {
    const configs = new Accumulator();
    const paths = entries.filter((entry) => !this.addInline(configs, entry));
    const taken = configs.map.takenIds();
    collect(paths, (path) => this.addResource(configs, taken, path));
    return configs.map.resources;
  }

  private addInline(configs: Accumulator, text: string): boolean {
    let resources: Resource[];
    try {
      resources = this.context.factory.fromText(text);
    } catch {
      return false;
    }
    if (this.origin !== undefined) {
      const origin = originText(appendOrigin(this.origin, this.fileName));
      for (const resource of resources) resource.setAnnotations(resource.annotations().set(originAnnotation, origin));
    }
    configs.map.appendAll(resources);
    return true;
  }
}

function within<T>(what: string, place: BuildErrorPlace, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw prefixed(error, what, place);
  }
}
