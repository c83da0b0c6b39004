import { createHash } from 'node:crypto';
import type { DecryptionKeys } from '../../../appliers/decryption/decryption-keys.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { BuildError } from '../../../engines/kustomize/build-error.ts';
import { generateKustomization } from '../../../engines/kustomize/flux-generate.ts';
import { substituteObject } from '../../../engines/kustomize/flux-substitute.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { redact } from '../../../lib/redact.ts';
import type { Tree } from '../../../lib/tree.ts';
import { Fault } from '../../../runtime/fault.ts';
import { emitYaml } from '../../../yaml/emit.ts';
import { Decryption } from '../decryption/decryption.ts';
import { assertNotEmptied, checkIgnoredFields } from './ignored-fields.ts';
import { buildKustomization, type KustomizeResult, type RemoteAccess } from './remote-bases.ts';
import type { Variables } from './variables.ts';

export interface BuildInput {
  readonly spec: Kustomization['spec'];
  /** The unpacked artifact. */
  readonly tree: Tree;
  /** The directory of `spec.path` in the tree. */
  readonly dir: string;
  /** From {@link variablesOf}; undefined when there is no postBuild. */
  readonly variables: Variables | undefined;
  /** A variable without value or default is an error (feature gate StrictPostBuildSubstitutions). */
  readonly strict: boolean;
  /** Undefined when nothing is to be decrypted. */
  readonly decryptionKeys: DecryptionKeys | undefined;
  readonly remotes: RemoteAccess;
}

export interface Built {
  readonly objects: readonly KubeObject[];
  /** `sha256:<hex>` of the manifests as one YAML stream, which `status.history` records. */
  readonly digest: string;
  /** Whether files of elsewhere are part of it: then the same artifact may build other objects. */
  readonly usedRemotes: boolean;
  /** What whoever wrote the files should know. */
  readonly warnings: readonly string[];
}

/**
 * From the files of an artifact to the objects that shall be in the cluster: no cluster, no disk beyond the tree, and
 * the network for remote bases alone. Throws a retryable BuildFailed fault (kustomization_controller.go, generate and build).
 */
export async function buildManifests(input: BuildInput): Promise<Built> {
  const { spec, dir, variables, strict, decryptionKeys, remotes } = input;
  const { source, signal } = remotes;
  try {
    const generated = generateKustomization(input.tree, dir, spec);
    const { tree } = generated;
    const ignored = checkIgnoredFields(generated);
    const decryption = decryptionKeys === undefined ? undefined : new Decryption(decryptionKeys, signal);
    const clear = decryption === undefined ? tree : await decryption.sources(tree, dir);
    const noted = source === undefined ? undefined : (decryption?.remotes(source) ?? source);
    const { objects: built, usedRemotes, warnings } = await kustomize(clear, dir, { source: noted, signal });
    assertNotEmptied(generated, built.length);
    const always = spec.postBuild?.substituteStrategy === 'Always';
    const objects: KubeObject[] = [];
    for (const one of built) {
      const decrypted = decryption === undefined ? one : await decrypt(asKubeObject(one), decryption);
      objects.push(asKubeObject(substitute(decrypted, variables, { strict, always })));
    }
    return { objects, digest: digestOf(objects), usedRemotes, warnings: [...ignored, ...warnings] };
  } catch (error) {
    signal.throwIfAborted();
    throw buildFault(error);
  }
}

async function decrypt(one: KubeObject, decryption: Decryption): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await decryption.object(one);
  } catch (error) {
    throw new Error(`decryption failed for '${gvkOf(one)}/${nameOf(one)}': ${errorMessage(error)}`, { cause: error });
  }
}

function digestOf(objects: readonly KubeObject[]): string {
  const hash = createHash('sha256');
  for (const [index, one] of objects.entries()) hash.update(index === 0 ? '' : '---\n').update(emitYaml(one));
  return `sha256:${hash.digest('hex')}`;
}

/** Parts of the input that the message repeats are masked where they may be values of a Secret; so are the causes. */
function buildFault(error: unknown): Fault {
  const quotes = quotesIn(error);
  const message = redact(errorMessage(error), quotes);
  return new Fault('retry', 'BuildFailed', message, quotes.length === 0 ? { cause: error } : {});
}

function quotesIn(error: unknown): readonly string[] {
  if (error instanceof BuildError) return error.quotes;
  return error instanceof Error ? quotesIn(error.cause) : [];
}

async function kustomize(tree: Tree, dir: string, remotes: RemoteAccess): Promise<KustomizeResult> {
  try {
    return await buildKustomization(tree, dir, remotes);
  } catch (error) {
    throw new Error(`kustomize build failed: ${errorMessage(error)}`, { cause: error });
  }
}

function substitute(
  one: Readonly<Record<string, unknown>>,
  variables: Variables | undefined,
  options: { readonly strict: boolean; readonly always: boolean },
): Readonly<Record<string, unknown>> {
  if (variables === undefined) return one;
  try {
    if (variables instanceof Error) throw variables;
    return substituteObject(one, variables, options);
  } catch (error) {
    throw new Error(`post build failed for '${gvkOf(one)}/${nameOf(one)}': ${errorMessage(error)}`, { cause: error });
  }
}

/** `Kind.version.group` as kustomize prints it, with `[noGrp]` for the core group. */
function gvkOf(one: Readonly<Record<string, unknown>>): string {
  const apiVersion = String(one['apiVersion'] ?? '');
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '[noGrp]' : apiVersion.slice(0, slash);
  return `${String(one['kind'] ?? '')}.${apiVersion.slice(slash + 1)}.${group}`;
}

function nameOf(one: Readonly<Record<string, unknown>>): string {
  const { metadata } = one;
  return typeof metadata === 'object' && metadata !== null && 'name' in metadata ? String(metadata.name) : '';
}

function asKubeObject(one: Readonly<Record<string, unknown>>): KubeObject {
  if (!isKubeObject(one))
    throw new Error(`failed to decode Kubernetes apiVersion, kind and name from: '${gvkOf(one)}/${nameOf(one)}'`);
  return one;
}

function isKubeObject(one: Readonly<Record<string, unknown>>): one is KubeObject {
  const { apiVersion, kind } = one;
  return (
    typeof apiVersion === 'string' && apiVersion !== '' && typeof kind === 'string' && kind !== '' && nameOf(one) !== ''
  );
}
