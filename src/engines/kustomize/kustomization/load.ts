import { parseYaml } from '../../../yaml/parse.ts';
import { BuildError, located, prefixed } from '../build-error.ts';
import type { Loader } from '../target/loader.ts';
import { decodeStruct, type StructType } from './decode.ts';
import { type Kustomization, kustomizationType } from './types.ts';

/** The names that a kustomization file may have; a directory may have one of them only. */
export const kustomizationFileNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

const kustomizationVersion = 'kustomize.config.k8s.io/v1beta1';
const componentVersion = 'kustomize.config.k8s.io/v1alpha1';

/** A kustomization file, read and brought up to date. */
export interface LoadedKustomization {
  readonly kustomization: Kustomization;
  readonly fileName: string;
  /** Deprecated fields in use, as sentences. */
  readonly warnings: readonly string[];
}

/** Reads the kustomization file of a directory (api/internal/target/kusttarget.go, Load). Throws {@link BuildError}. */
export function loadKustomization(loader: Loader, version: 'v5.8.1' | 'v5.8.2'): LoadedKustomization {
  const found = kustomizationFileNames.filter((name) => loader.hasFile(name));
  const [fileName] = found;
  const place = { file: loader.pathOf('') };
  if (fileName === undefined) {
    const names = "'kustomization.yaml', 'kustomization.yml' or 'Kustomization'";
    throw new BuildError(`unable to find one of ${names} in directory '${loader.shown}'`, place);
  }
  if (found.length > 1) {
    throw new BuildError(`Found multiple kustomization files under: ${loader.shown} (${found.join(', ')})`, place);
  }
  const file = loader.pathOf(fileName);
  const read = readKustomization(loader.text(fileName), file, version);
  const kustomization = fixKustomization(read);
  assertNotEmpty(kustomization, file);
  assertKind(kustomization, loader.shown, file);
  return { kustomization, fileName, warnings: deprecations(read) };
}

/** The fields of a kustomization file as they are written. Throws {@link BuildError}. */
export function readKustomization(text: string, file: string, version: 'v5.8.1' | 'v5.8.2'): Kustomization {
  let value: unknown;
  try {
    value = parseYaml(text, { file });
  } catch (error) {
    throw prefixed(error, 'invalid Kustomization', { file });
  }
  const mode = { strict: true, coerce: false, file };
  try {
    return decodeStruct(value, kustomizationTypeFor(version), mode, 'invalid Kustomization') as Kustomization;
  } catch (error) {
    const field = error instanceof BuildError ? error.field : undefined;
    throw located(error, { file, line: field === undefined ? undefined : lineOfField(text, field) });
  }
}

/** The line of an outermost field, from 1; undefined when it does not stand at the beginning of a line. */
function lineOfField(text: string, path: string): number | undefined {
  const [name = ''] = path.split(/[.[]/);
  const index = text.split('\n').findIndex((line) => /^["']?([^"':]*)["']?\s*:/.exec(line)?.[1] === name);
  return index < 0 ? undefined : index + 1;
}

/** The fields that a release knows: v5.8.1 does not know `includeVolumeClaimTemplates`. */
export function kustomizationTypeFor(version: 'v5.8.1' | 'v5.8.2'): StructType {
  if (version === 'v5.8.2') return kustomizationType;
  const { includeVolumeClaimTemplates: _, ...label } = kustomizationType.labels.list.struct;
  return { ...kustomizationType, labels: { list: { struct: label } } };
}

/** Fills in kind and version, and moves deprecated fields to where they belong now (FixKustomization). */
export function fixKustomization(k: Kustomization): Kustomization {
  const kind = k.kind || 'Kustomization';
  const { bases, imageTags, ...rest } = k;
  return {
    ...rest,
    kind,
    apiVersion: k.apiVersion || (kind === 'Component' ? componentVersion : kustomizationVersion),
    resources: joined(k.resources, bases),
    images: joined(k.images, imageTags),
    configMapGenerator: k.configMapGenerator?.map(withEnvs),
    secretGenerator: k.secretGenerator?.map(withEnvs),
    helmCharts: joined(k.helmCharts, k.helmChartInflationGenerator),
    helmChartInflationGenerator: undefined,
  };
}

function joined<T>(list: readonly T[] | undefined, more: readonly T[] | undefined): readonly T[] | undefined {
  return more === undefined || more.length === 0 ? list : [...(list ?? []), ...more];
}

function withEnvs<T extends { readonly env?: string | undefined; readonly envs?: readonly string[] | undefined }>(
  args: T,
): T {
  return args.env === undefined || args.env === ''
    ? args
    : { ...args, envs: [...(args.envs ?? []), args.env], env: undefined };
}

function assertNotEmpty(k: Kustomization, file: string): void {
  const { kind: _kind, apiVersion: _version, ...rest } = k;
  if (Object.values(rest).every((value) => value === undefined || value === '')) {
    throw new BuildError('kustomization.yaml is empty', { file });
  }
}

function assertKind({ kind = '', apiVersion }: Kustomization, root: string, file: string): void {
  const problems: string[] = [];
  if (kind !== 'Kustomization' && kind !== 'Component') problems.push('kind should be Kustomization or Component');
  const wanted = kind === 'Component' ? componentVersion : kustomizationVersion;
  if (apiVersion !== wanted) problems.push(`apiVersion for ${kind} should be ${wanted}`);
  if (problems.length === 0) return;
  throw new BuildError(`Failed to read kustomization file under ${root}: ${problems.join('; ')}`, {
    file,
    field: kind === 'Kustomization' || kind === 'Component' ? 'apiVersion' : 'kind',
  });
}

const replacedBy: readonly (readonly [keyof Kustomization, string])[] = [
  ['bases', 'resources'],
  ['commonLabels', 'labels'],
  ['imageTags', 'images'],
  ['patchesJson6902', 'patches'],
  ['patchesStrategicMerge', 'patches'],
  ['vars', 'replacements'],
];

function deprecations(k: Kustomization): string[] {
  return replacedBy
    .filter(([name]) => k[name] !== undefined)
    .map(([name, instead]) => `'${name}' is deprecated. Please use '${instead}' instead.`);
}
