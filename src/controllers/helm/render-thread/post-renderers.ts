import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import { HELM_GROUP, type Owner, ownerLabels } from '../../../crds/meta/names.ts';
import { ChartError } from '../../../engines/helm/chart/fault.ts';
import type { PostRender } from '../../../engines/helm/release/post-render.ts';
import { build } from '../../../engines/kustomize/build.ts';
import { BuildError } from '../../../engines/kustomize/build-error.ts';
import { fieldSpec } from '../../../engines/kustomize/config/field-spec.ts';
import { ResourceFactory } from '../../../engines/kustomize/resource/factory.ts';
import { ResMap } from '../../../engines/kustomize/resource/res-map.ts';
import { mapTransformer } from '../../../engines/kustomize/transformers/labels.ts';
import { memoryTree } from '../../../lib/memory-tree.ts';
import { emitYaml } from '../../../yaml/emit.ts';
import { jsonValue } from '../../../yaml/json-value.ts';

type Spec = HelmRelease['spec'];

/** What is changed between the templates and the cluster, as plain data. */
export interface PostRenderers {
  readonly strategy: NonNullable<Spec['postRenderStrategy']>;
  readonly renderers: NonNullable<Spec['postRenderers']>;
  readonly commonMetadata?: Spec['commonMetadata'];
  /** The HelmRelease, which labels name. */
  readonly owner: Owner;
}

/**
 * The post-renderers of a HelmRelease: its own, in order; its common metadata; the labels that say whose the objects are,
 * over which nothing wins (internal/postrender/build.go, BuildPostRenderers).
 */
export function postRenderOf({ strategy, renderers, commonMetadata, owner }: PostRenderers): PostRender {
  return {
    strategy,
    run(stream) {
      try {
        const kustomized = renderers.reduce((text, { kustomize }) => runKustomize(text, kustomize), stream);
        const labels = { ...commonMetadata?.labels, ...ownerLabels(HELM_GROUP, owner) };
        return withMetadata(kustomized, labels, commonMetadata?.annotations ?? {});
      } catch (error) {
        if (!(error instanceof BuildError)) throw error;
        throw new ChartError(`error while running post render on files: ${error.message}`, { cause: error });
      }
    },
  };
}

type Kustomize = Spec['postRenderers'] extends readonly (infer R)[] | undefined
  ? R extends { readonly kustomize?: infer K }
    ? K
    : never
  : never;

const INPUT = 'helm-output.yaml';

function runKustomize(stream: string, kustomize: Kustomize | undefined): string {
  if (kustomize === undefined) return stream;
  const { patches = [], images = [] } = kustomize;
  const kustomization = emitYaml({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [INPUT],
    ...(patches.length === 0 ? {} : { patches }),
    ...(images.length === 0 ? {} : { images }),
  });
  const tree = memoryTree({ [INPUT]: stream, 'kustomization.yaml': kustomization });
  return build(tree, '', { reorder: 'none', loadRestrictions: 'none', version: 'v5.8.1' }).toYaml();
}

function withMetadata(
  stream: string,
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
): string {
  const map = new ResMap();
  map.appendAll(new ResourceFactory(() => false).fromText(stream));
  mapTransformer(labels, [fieldSpec('metadata/labels', { create: true })]).transform(map);
  mapTransformer(annotations, [fieldSpec('metadata/annotations', { create: true })]).transform(map);
  return map.resources.map(({ node }) => emitYaml(jsonValue(node))).join('---\n');
}
