import { Counter, Gauge, type Registry } from 'prom-client';

/** Whom a token is for. */
interface Involved {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly operation: string;
}

const known = new WeakMap<Registry, ReturnType<typeof register>>();

/**
 * The metrics of caches of cloud tokens (fluxcd/pkg cache/metrics.go, with the prefix `gotk_token_`): the caches of all
 * controllers of a process are counted together.
 */
export function tokenCacheMetrics(registry: Registry): ReturnType<typeof register> {
  return known.getOrInsertComputed(registry, register);
}

function register(registry: Registry) {
  const registers = [registry];
  const events = new Counter({
    name: 'gotk_token_cache_events_total',
    help: 'Total number of cache retrieval events for a Gitops Toolkit resource reconciliation.',
    labelNames: ['event_type', 'kind', 'name', 'namespace', 'operation'],
    registers,
  });
  const requests = new Counter({
    name: 'gotk_token_cache_requests_total',
    help: 'Total number of cache requests partioned by success or failure.',
    labelNames: ['status'],
    registers,
  });
  const evictions = new Counter({
    name: 'gotk_token_cache_evictions_total',
    help: 'Total number of cache evictions.',
    registers,
  });
  const items = new Gauge({
    name: 'gotk_token_cached_items',
    help: 'Total number of items in the cache.',
    registers,
  });
  return {
    looked(found: boolean, involved: Involved | undefined): void {
      requests.inc({ status: 'success' });
      if (involved !== undefined) events.inc({ event_type: found ? 'cache_hit' : 'cache_miss', ...involved });
    },
    evicted: () => evictions.inc(),
    size: (count: number) => items.set(count),
    /** An object that is gone, for each of these operations. */
    forget(involved: Omit<Involved, 'operation'>, operations: readonly string[]): void {
      for (const operation of operations) {
        for (const event_type of ['cache_hit', 'cache_miss']) events.remove({ event_type, ...involved, operation });
      }
    },
  };
}
