/** `count` upper bounds from `min` to `max`, each the same multiple of the one before (client_golang). */
export function exponentialBucketsRange(min: number, max: number, count: number): number[] {
  const factor = (max / min) ** (1 / (count - 1));
  return exponentialBuckets(min, factor, count);
}

/** `count` upper bounds, `start` first, each `factor` times the one before (client_golang). */
export function exponentialBuckets(start: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start * factor ** i);
}

/** Bounds of `controller_runtime_reconcile_time_seconds` (controller-runtime pkg/internal/controller/metrics). */
export const reconcileTimeBuckets: number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
