import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Registry } from 'prom-client';
import { createHttpMetrics } from './http-metrics.ts';

describe('createHttpMetrics', () => {
  it('counts what is under way, how long it took and what came of it', async () => {
    const registry = new Registry();
    const metrics = createHttpMetrics(registry, 'gotk_event', '/');
    const first = metrics.started('POST', '/one');
    metrics.started('POST', '/two');
    assert.match(await registry.metrics(), /gotk_event_http_requests_inflight\{service="",handler="\/"\} 2/);
    first(202, 0);
    const text = await registry.metrics();
    assert.match(text, /gotk_event_http_requests_inflight\{service="",handler="\/"\} 1/);
    assert.match(
      text,
      /gotk_event_http_request_duration_seconds_count\{service="",handler="\/",method="POST",code="202"\} 1/,
    );
    assert.match(
      text,
      /gotk_event_http_response_size_bytes_bucket\{le="100",service="",handler="\/",method="POST",code="202"\} 1/,
    );
  });

  it('names paths when it is told to, up to a number that a stranger cannot exceed', async () => {
    const registry = new Registry();
    const metrics = createHttpMetrics(registry, 'gotk_receiver', undefined);
    for (let i = 0; i < 3000; i += 1) metrics.started('POST', `/hook/${i}`)(404, 0);
    const text = await registry.metrics();
    assert.match(text, /requests_inflight\{service="",handler="\/hook\/7"\} 0/);
    assert.equal(text.match(/requests_inflight\{/g)?.length, 1001);
    assert.match(text, /duration_seconds_count\{service="",handler="other",method="POST",code="404"\} 2000/);
  });
});
