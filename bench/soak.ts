/**
 * Thirty minutes (or `--minutes=N`) in which everything happens at random to Kustomizations: `node bench/soak.ts
 * [--minutes=30] [--seed=1] [--teams=4]`. Ends with 0 when cluster, inventories and Git are equal afterwards and the
 * controllers hold no more memory in the last third of their lives than in the first.
 */
import { parseArgs } from 'node:util';
import { soak } from '../test/soak/soak.ts';
import { Environment } from '../test/support/environment.ts';

/** How much more heap may be in use at the end, in megabytes: caches fill, and garbage is collected when it suits. */
const slackMb = 15;
/** Lives that are shorter show nothing. */
const shortestLifeS = 120;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    teams: { type: 'string', default: '4' },
  },
});

const environment = await Environment.start();
try {
  const report = await soak(environment, {
    seed: Number(values.seed),
    durationMs: Number(values.minutes) * 60_000,
    teams: Number(values.teams),
    tell: (line) => void process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify(report, undefined, 1)}\n`);
  const grown = report.memory.filter(
    ({ seconds, heapMb: [first, last] }) => seconds > shortestLifeS && last > first + slackMb,
  );
  for (const { name, heapMb } of grown) process.stderr.write(`${name} has grown: ${heapMb.join(' MB to ')} MB\n`);
  process.exitCode = grown.length === 0 ? 0 : 1;
} finally {
  await environment.stop();
}
