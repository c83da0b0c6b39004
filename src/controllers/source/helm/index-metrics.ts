import { Counter, type Registry } from 'prom-client';
import type { ObjectKey } from '../../../kube/object.ts';

/** Counts how often it was known where the charts of an index lie (source-controller internal/cache/metrics.go). */
export function indexMetrics(registry: Registry) {
  const events = new Counter({
    name: 'gotk_cache_events_total',
    help: 'Total number of cache retrieval events for a Gitops Toolkit resource reconciliation.',
    labelNames: ['event_type', 'name', 'namespace'],
    registers: [registry],
  });
  const types = { hit: 'cache_hit', miss: 'cache_miss' } as const;
  return {
    lookedUp(known: boolean, { name, namespace = '' }: ObjectKey): void {
      events.inc({ event_type: known ? types.hit : types.miss, name, namespace });
    },
    /** The HelmRepository is gone. */
    forget({ name, namespace = '' }: ObjectKey): void {
      for (const event_type of Object.values(types)) events.remove({ event_type, name, namespace });
    },
  };
}
