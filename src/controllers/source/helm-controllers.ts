import type { Environment } from '../../runtime/composition.ts';
import type { Controller } from '../../runtime/controller.ts';
import type { Runnable } from '../../runtime/manager.ts';
import type { SourceCaches } from './caches.ts';
import type { SourceFlags } from './flags.ts';
import { indexMetrics } from './helm/index-metrics.ts';
import { StoredIndexes } from './helm/stored-indexes.ts';
import { helmChartController } from './helm-chart/controller.ts';
import type { HelmChartDeps } from './helm-chart/deps.ts';
import { helmRepositoryController } from './helm-repository/controller.ts';

/** The controllers of the kinds that charts come from, and what keeps their memory of indexes small. */
export function helmControllers(
  environment: Environment,
  caches: SourceCaches,
  flags: SourceFlags,
  parts: Pick<HelmChartDeps, 'storage' | 'http' | 'sessions' | 'cloud'>,
): { readonly controllers: readonly Controller[]; readonly runnables: readonly Runnable[] } {
  const { storage, http } = parts;
  const indexed = indexMetrics(environment.metrics.registry);
  const indexes = new StoredIndexes({
    max: flags.helmCacheMaxSize,
    ttlMs: flags.helmCacheTtlMs,
    clock: environment.clock,
  });
  const limits = {
    maxIndexBytes: flags.helmIndexMaxSize,
    maxBytes: flags.helmChartMaxSize,
    maxFileBytes: flags.helmChartFileMaxSize,
  };
  const repositories = { storage, http, maxIndexBytes: limits.maxIndexBytes, forgotten: indexed.forget };
  const charts = { ...parts, indexes, limits, lookedUp: indexed.lookedUp };
  const purge: Runnable = { start: (signal) => indexes.keepClean(flags.helmCachePurgeIntervalMs, signal) };
  return {
    controllers: [
      helmRepositoryController(environment, caches, repositories),
      helmChartController(environment, caches, charts),
    ],
    runnables: indexes.isEnabled ? [purge] : [],
  };
}
