import { type RunningServer, serveHttp } from './http-server.ts';

/** Why the process is not ready, or undefined when it is. */
export type ReadyCheck = () => string | undefined;

/**
 * Serves `/healthz` (the process answers) and `/readyz` at `--health-addr`. Not ready is 500 with the reason, as
 * controller-runtime's healthz has it.
 */
export function serveHealth(address: string, notReady: ReadyCheck): Promise<RunningServer | undefined> {
  return serveHttp(address, 'health', {
    '/healthz': () => ({ status: 200, body: 'ok' }),
    '/readyz': () => {
      const reason = notReady();
      return reason === undefined ? { status: 200, body: 'ok' } : { status: 500, body: `not ready: ${reason}\n` };
    },
  });
}
