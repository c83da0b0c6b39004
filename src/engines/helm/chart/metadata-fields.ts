/** The fields of a Chart.yaml in the order in which Helm declares and writes them (pkg/chart/v2/metadata.go, Metadata). */
export const metadataFields = [
  'name',
  'home',
  'sources',
  'version',
  'description',
  'keywords',
  'maintainers',
  'icon',
  'apiVersion',
  'condition',
  'tags',
  'appVersion',
  'deprecated',
  'annotations',
  'kubeVersion',
  'dependencies',
  'type',
] as const;

/** Those of one of its `maintainers` (Maintainer). */
export const maintainerFields = ['name', 'email', 'url'] as const;

/** Those of one of its `dependencies` (pkg/chart/v2/dependency.go, Dependency). */
export const dependencyFields = [
  'name',
  'version',
  'repository',
  'condition',
  'tags',
  'enabled',
  'import-values',
  'alias',
] as const;
