import { type HelmChart, helmChartKind } from '../../../crds/source/helm-chart.ts';
import type { HelmRepository } from '../../../crds/source/helm-repository.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import type { Environment } from '../../../runtime/composition.ts';
import type { Controller } from '../../../runtime/controller.ts';
import { helmChartPolicy } from '../../../runtime/policies.ts';
import type { SourceCaches } from '../caches.ts';
import { normalizedUrl, RepositoryUrlError } from '../helm/repository-url.ts';
import { kindController } from '../kind-controller.ts';
import { removeArtifacts } from '../remove-artifacts.ts';
import type { HelmChartDeps } from './deps.ts';
import type { ChartSourceObject } from './get-source.ts';
import { reconcileHelmChart } from './reconcile.ts';
import { wakeOnChanges } from './watch.ts';

const BY_URL = 'url';

/** The HelmChart controller, ready to be started. */
export function helmChartController(
  environment: Environment,
  caches: SourceCaches,
  parts: Pick<HelmChartDeps, 'storage' | 'http' | 'sessions' | 'cloud' | 'indexes' | 'limits' | 'lookedUp'>,
): Controller {
  const { helmCharts, helmRepositories } = caches;
  helmRepositories.addIndex(BY_URL, ({ metadata: { namespace }, spec }) => urlKey(namespace, spec.url));
  const deps: HelmChartDeps = {
    ...parts,
    client: environment.client,
    source: (kind, key) => sourceIn(caches, kind, key),
    repositoryByUrl: (namespace, url) => byName(helmRepositories.byIndex(BY_URL, `${namespace} ${url}`))[0],
  };
  const controller = kindController<HelmChart>(
    environment,
    {
      type: helmChartKind,
      policy: helmChartPolicy,
      pipeline: (object, attempt) => reconcileHelmChart(object, attempt, deps),
      finalize: (object, attempt) => removeArtifacts(object, attempt, parts.storage),
      suspended: ({ spec }) => spec.suspend === true,
    },
    helmCharts,
  );
  wakeOnChanges(caches, controller.queue);
  return controller;
}

function sourceIn(
  { helmRepositories, gitRepositories, buckets }: SourceCaches,
  kind: string,
  key: ObjectKey,
): ChartSourceObject | undefined {
  if (kind === 'HelmRepository') return helmRepositories.get(key);
  return kind === 'GitRepository' ? gitRepositories.get(key) : buckets.get(key);
}

function urlKey(namespace: string, url: string): readonly string[] {
  try {
    return [`${namespace} ${normalizedUrl(url)}`];
  } catch (error) {
    if (error instanceof RepositoryUrlError) return [];
    throw error;
  }
}

/** Several repositories with one URL: always the same of them counts. */
function byName(objects: readonly HelmRepository[]): readonly HelmRepository[] {
  return objects.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}
