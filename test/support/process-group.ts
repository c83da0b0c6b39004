/** The demo needs it too, and may not import tests: so it lives there. */
export { ProcessGroup, type Supervised } from '../../src/cli/demo/process-group.ts';
