import type { EnvironmentProxy } from '../../net/http-agents.ts';
import type { ControllerParts, Environment } from '../../runtime/composition.ts';
import { notificationEventParts } from './event-server/parts.ts';
import type { NotificationFlags, NotificationGates } from './flags.ts';
import { receiverParts } from './receiver/parts.ts';

/**
 * The notification-controller: Receivers with the server of their webhooks, and the event endpoint with what sends events
 * on.
 *
 * @param proxies Those of the environment, for services without one of their own.
 * @param variables The environment variables that tell of the machine's identity in a cloud.
 */
export function createNotificationControllers(
  environment: Environment,
  flags: NotificationFlags,
  gates: NotificationGates,
  proxies?: EnvironmentProxy,
  variables: Readonly<Record<string, string | undefined>> = {},
): ControllerParts {
  const all: readonly ControllerParts[] = [
    receiverParts(environment, { flags, gates, proxies }),
    notificationEventParts(environment, { flags, gates, proxies, variables }),
  ];
  return {
    standbyCaches: all.flatMap(({ standbyCaches = [] }) => standbyCaches),
    caches: all.flatMap(({ caches }) => caches),
    runnables: all.flatMap(({ runnables }) => runnables),
  };
}
