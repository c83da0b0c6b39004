import { Gauge, Histogram, type Registry } from 'prom-client';
import { exponentialBuckets } from '../../../runtime/metric-buckets.ts';

/** With `--export-http-path-metrics`, more paths than this are counted as one: a caller chooses the path. */
const maxPaths = 1000;

/** Counts the requests of one server. */
export interface HttpMetrics {
  /** A request came in for `path`; the function it gives is called once with what was answered. */
  started(method: string, path: string): (code: number, responseBytes: number) => void;
}

/**
 * `PREFIX_http_request_duration_seconds`, `…_response_size_bytes` and `…_requests_inflight`, with the labels and buckets
 * of slok/go-http-metrics, which notification-controller uses under the prefixes `gotk_event` and `gotk_receiver`.
 *
 * @param handler The label of all requests; absent: their paths.
 */
export function createHttpMetrics(registry: Registry, prefix: string, handler: string | undefined): HttpMetrics {
  const registers = [registry];
  const labelNames = ['service', 'handler', 'method', 'code'] as const;
  const duration = new Histogram({
    name: `${prefix}_http_request_duration_seconds`,
    help: 'The latency of the HTTP requests.',
    labelNames,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const size = new Histogram({
    name: `${prefix}_http_response_size_bytes`,
    help: 'The size of the HTTP responses.',
    labelNames,
    buckets: exponentialBuckets(100, 10, 8),
    registers,
  });
  const inflight = new Gauge({
    name: `${prefix}_http_requests_inflight`,
    help: 'The number of inflight requests being handled at the same time.',
    labelNames: ['service', 'handler'],
    registers,
  });
  const paths = new Set<string>();
  const label = (path: string): string => {
    if (handler !== undefined) return handler;
    if (paths.size < maxPaths) paths.add(path);
    return paths.has(path) ? path : 'other';
  };
  return {
    started(method, path) {
      const of = { service: '', handler: label(path) };
      inflight.inc(of);
      const stop = duration.startTimer();
      return (code, responseBytes) => {
        inflight.dec(of);
        const labels = { ...of, method, code: String(code) };
        stop(labels);
        size.observe(labels, responseBytes);
      };
    },
  };
}
