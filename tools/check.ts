import { checks } from './check-steps.ts';
import { runSteps } from './run-steps.ts';

/** `npm run check`: everything that is quick, without a control plane. */
await runSteps(checks);
