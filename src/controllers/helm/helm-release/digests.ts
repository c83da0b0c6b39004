import { createHasher, type DigestAlgorithm, digestAlgorithms } from '../../../artifact/digest.ts';
import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import { goJson } from '../../../engines/kustomize/go-json.ts';
import { emitSortedYaml } from '../../../yaml/emit.ts';

type Spec = HelmRelease['spec'];

/** `<algorithm>:<hex>` of a text; empty texts have a digest too. */
export function digestOf(text: string, algorithm: DigestAlgorithm): string {
  const hasher = createHasher(algorithm);
  hasher.update(Buffer.from(text, 'utf8'));
  return hasher.digest();
}

/** The digest of values: of their YAML with sorted keys, of nothing when there are none (fluxcd/pkg chartutil/digest.go). */
export function valuesDigest(values: Readonly<Record<string, unknown>>, algorithm: DigestAlgorithm): string {
  const isEmpty = Object.keys(values).length === 0;
  return digestOf(isEmpty ? '' : emitSortedYaml(values), algorithm);
}

/** Whether values have this digest, whichever algorithm made it (VerifyValues). */
export function hasDigest(digest: string, values: Readonly<Record<string, unknown>>): boolean {
  const algorithm = algorithmOf(digest);
  return algorithm !== undefined && valuesDigest(values, algorithm) === digest;
}

/** The algorithm that a digest names; undefined for one that is none. */
export function algorithmOf(digest: string): DigestAlgorithm | undefined {
  const name = digest.slice(0, digest.indexOf(':'));
  return digestAlgorithms.find((known) => known === name);
}

/** The digest of `spec.postRenderers` as Flux keeps it; '' when there are none (internal/postrender/build.go, Digest). */
export function postRenderersDigest(postRenderers: Spec['postRenderers'], algorithm: DigestAlgorithm): string {
  if (postRenderers === undefined) return '';
  const all = postRenderers.map(({ kustomize }) => struct({ kustomize: kustomize && kustomizeJson(kustomize) }));
  return digestOf(`[${all.join(',')}]\n`, algorithm);
}

/** The digest of `spec.commonMetadata` as Flux keeps it; '' when there is none (CommonMetadataDigest). */
export function commonMetadataDigest(metadata: Spec['commonMetadata'], algorithm: DigestAlgorithm): string {
  if (metadata === undefined) return '';
  const { annotations, labels } = metadata;
  return digestOf(`${struct({ annotations: mapJson(annotations), labels: mapJson(labels) })}\n`, algorithm);
}

type Kustomize = NonNullable<NonNullable<Spec['postRenderers']>[number]['kustomize']>;

function kustomizeJson({ patches = [], images = [] }: Kustomize): string {
  return struct({
    patches: listJson(
      patches.map(({ patch, target }) =>
        struct({
          patch: goJson(patch),
          target:
            target &&
            texts({
              group: target.group,
              version: target.version,
              kind: target.kind,
              namespace: target.namespace,
              name: target.name,
              annotationSelector: target.annotationSelector,
              labelSelector: target.labelSelector,
            }),
        }),
      ),
    ),
    images: listJson(
      images.map(({ name, newName, newTag, digest }) =>
        struct({ name: goJson(name), newName: text(newName), newTag: text(newTag), digest: text(digest) }),
      ),
    ),
  });
}

/** A Go struct in the order of its fields, without those that are undefined. */
function struct(fields: Readonly<Record<string, string | undefined>>): string {
  const members = Object.entries(fields).filter(([, value]) => value !== undefined);
  return `{${members.map(([name, value]) => `${goJson(name)}:${value}`).join(',')}}`;
}

function texts(fields: Readonly<Record<string, string | undefined>>): string {
  return struct(Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, text(value)])));
}

/** A text; nothing when it is empty, as Go's `omitempty` does. */
function text(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : goJson(value);
}

function mapJson(map: Readonly<Record<string, string>> | undefined): string | undefined {
  return map === undefined || Object.keys(map).length === 0 ? undefined : goJson(map);
}

function listJson(items: readonly string[]): string | undefined {
  return items.length === 0 ? undefined : `[${items.join(',')}]`;
}
