import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { soak } from '../soak/soak.ts';
import { Environment } from '../support/environment.ts';

const seed = 20_261_122;

describe(`a short soak (seed ${seed}; bench/soak.ts has the long one)`, () => {
  it('ends with cluster, inventories and Git equal', { timeout: 300_000 }, async () => {
    await using environment = await Environment.start();
    const { actions, memory } = await soak(environment, { seed, durationMs: 25_000, teams: 2, killsFor: 1 });
    for (const action of ['push', 'edit', 'remove', 'restartApiServer', 'killKustomize', 'killSource'])
      assert.ok((actions[action] ?? 0) > 0, `${action}: ${JSON.stringify(actions)}`);
    for (const { name, peakRssMb } of memory) assert.ok(peakRssMb < 400, `${name} took ${peakRssMb} MB`);
    assert.equal(environment.kustomize.logs.filter((line) => 'stacktrace' in line).length, 0);
  });
});
