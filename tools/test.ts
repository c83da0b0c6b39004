import { checks } from './check-steps.ts';
import { runSteps } from './run-steps.ts';

/** `npm test`: the checks, the conformance corpora where they are at hand, then end-to-end on a real control plane. */
await runSteps([
  ...checks,
  { name: 'conformance', command: ['node', '--test', 'test/conformance/**/*.test.ts'], tests: true },
  { name: 'control plane (built once, then cached)', command: ['node', 'test/controlplane/prepare.ts'] },
  {
    name: 'end to end',
    command: [
      'node',
      '--test',
      '--test-concurrency=2',
      'test/controlplane/**/*.test.ts',
      'test/gitserver/**/*.test.ts',
      'test/e2e/**/*.test.ts',
    ],
    tests: true,
  },
]);
