import { HttpCaller } from '../../../auth/http.ts';
import type { EnvironmentProxy } from '../../../net/http-agents.ts';
import type { ControllerParts, Environment } from '../../../runtime/composition.ts';
import type { Runnable } from '../../../runtime/manager.ts';
import type { NotificationFlags, NotificationGates } from '../flags.ts';
import { createHttpMetrics } from '../http/http-metrics.ts';
import { BodyBudget } from '../http/read-body.ts';
import { receiverController } from './controller.ts';
import { TokenIssuers } from './oidc/token-issuers.ts';
import { receiverServer } from './receiver-server.ts';
import { receiversAt } from './watch.ts';
import { WEBHOOK_PREFIX } from './webhook-path.ts';

/** What Receivers are told of the process. */
export interface ReceiverSetup {
  readonly flags: NotificationFlags;
  readonly gates: NotificationGates;
  /** Those of the environment, for issuers of tokens. */
  readonly proxies: EnvironmentProxy | undefined;
}

/** What the bodies of all calls may take up together. */
const maxBodiesBytes = 32 * 1024 * 1024;

/** The Receiver kind: its controller, and the server that takes calls. */
export function receiverParts(environment: Environment, { flags, gates, proxies }: ReceiverSetup): ControllerParts {
  const { client, clock, metrics } = environment;
  const { receivers, runnables, ...parts } = receiverController(environment, gates, flags.noCrossNamespaceRefs);
  const http = new HttpCaller(proxies);
  const server = receiverServer({
    addr: flags.receiverAddr,
    synced: receivers.synced,
    metrics: createHttpMetrics(
      metrics.registry,
      'gotk_receiver',
      flags.exportHttpPathMetrics ? undefined : WEBHOOK_PREFIX,
    ),
    calls: {
      client,
      clock,
      noCrossNamespaceRefs: flags.noCrossNamespaceRefs,
      receiversAt: (path) => receiversAt(receivers, path),
      issuers: new TokenIssuers(http, clock),
      bodies: new BodyBudget(maxBodiesBytes),
      log: environment.log.child({ logger: 'receiver-server' }),
    },
  });
  const closing: Runnable = { needsLease: false, start: (signal) => server.start(signal).finally(() => http.close()) };
  return { ...parts, runnables: [...runnables, closing] };
}
