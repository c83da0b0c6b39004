import type { EnvironmentProxy } from '../../../net/http-agents.ts';
import type { ControllerParts, Environment } from '../../../runtime/composition.ts';
import type { NotificationFlags, NotificationGates } from '../flags.ts';
import { receiverController } from './controller.ts';

/** What Receivers are told of the process. */
export interface ReceiverSetup {
  readonly flags: NotificationFlags;
  readonly gates: NotificationGates;
  /** Those of the environment, for issuers of tokens. */
  readonly proxies: EnvironmentProxy | undefined;
}

/** The Receiver kind: its controller, and the server that takes calls. */
export function receiverParts(environment: Environment, { gates }: ReceiverSetup): ControllerParts {
  return receiverController(environment, gates);
}
