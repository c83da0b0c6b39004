import type { Kind } from './kind.ts';
import type { OpenApi } from './schema.ts';

/** The part of `apiextensions.k8s.io/v1` CustomResourceDefinition that we write. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
}

/**
 * The CustomResourceDefinition of a kind. As upstream's it asks Kustomizations not to put variables in
 * (`substitute: disabled`), because patterns hold what looks like some.
 */
export function customResourceDefinition(kind: Kind): CustomResourceDefinition {
  const { group, version, plural, shortNames, category, columns, status } = kind.definition;
  const schema: OpenApi = kind.schema;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      annotations: { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' },
      name: `${plural}.${group}`,
    },
    spec: {
      group,
      names: {
        categories: ['all', 'fluxcd', category],
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural,
        ...(shortNames === undefined ? {} : { shortNames }),
        singular: kind.kind.toLowerCase(),
      },
      scope: 'Namespaced',
      versions: [
        {
          additionalPrinterColumns: columns,
          name: version,
          schema: { openAPIV3Schema: schema },
          served: true,
          storage: true,
          subresources: status === undefined ? {} : { status: {} },
        },
      ],
    },
  };
}
