/** The demo needs it too, and may not import tests: so it lives there. */
export { freePort } from '../../src/cli/demo/free-port.ts';
