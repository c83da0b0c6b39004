import type { Step } from './run-steps.ts';

/** What `npm run check` does, in this order; `npm test` does it too, and then what needs a control plane. */
export const checks: readonly Step[] = [
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'lint and format', command: ['biome', 'ci', '--colors=off', '--max-diagnostics=50'] },
  { name: 'import directions', command: ['node', 'tools/check-imports.ts'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
  { name: 'generated files', command: ['node', 'tools/generate.ts', '--check'] },
  { name: 'unit tests', command: ['node', '--test', 'src/**/*.test.ts', 'tools/**/*.test.ts'], tests: true },
];
